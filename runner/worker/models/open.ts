import { z } from 'zod';
import type { ModelSettings } from '../../../shared/api/worker-api.ts';
import { asksForKey } from '../../machine/config/model-key.ts';
import { anthropicModel } from './anthropic.ts';
import { chatCompletionsModel } from './chat-completions.ts';
import { type EndpointOptions, failed } from './connection.ts';
import { contextWindowOf } from './cost.ts';
import type { EndpointModel } from './endpoint-model.ts';
import { noKeyFailure } from './failure.ts';
import { responsesModel } from './responses.ts';

/** Local servers ask for no key, but the header has to hold something. */
const noKey = 'none';

const Given = z.object({
  model: z.string().min(1),
  /** Null where the endpoint asks for none. A key from a file often brings its line end along. */
  apiKey: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/, 'an API key has no spaces and no special characters')
    .nullable(),
  baseURL: z.url({ protocol: /^https?$/ }),
});

/**
 * Makes the adapter that the settings name, for a model of that endpoint. Opens no connection; without a key that the endpoint asks for, none
 * is ever opened. Throws where the key is no key.
 */
export function openModel(
  settings: ModelSettings,
  given: { readonly model: string; readonly apiKey: string | null },
): EndpointModel {
  const { api, baseUrl, background, idleSeconds, switches, reasoningEffort, pricesOf } = settings;
  const { model, apiKey, baseURL } = Given.parse({ ...given, baseURL: baseUrl });
  const options: EndpointOptions = {
    model,
    apiKey: apiKey ?? noKey,
    baseURL,
    idleMs: Math.ceil(idleSeconds * 1000),
    contextWindow: settings.contextWindow ?? contextWindowOf(model, { baseURL, pricesOf: pricesOf ?? undefined }),
    switches,
    ...(reasoningEffort !== null && { reasoningEffort }),
  };
  const open = {
    responses: () => responsesModel({ ...options, background }),
    chat: () => chatCompletionsModel(options),
    anthropic: () => anthropicModel(options),
  };
  const opened = open[api]();
  if (apiKey !== null || !asksForKey(baseURL)) return opened;
  const variables = api === 'anthropic' ? 'ANTHROPIC' : 'OPENAI';
  return {
    ...opened,
    respond: async (_request, { signal }) =>
      signal.aborted ? { kind: 'aborted' } : failed(noKeyFailure({ baseURL, variables })),
  };
}
