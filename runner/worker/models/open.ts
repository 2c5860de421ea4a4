import { z } from 'zod';
import { anthropicModel } from './anthropic.ts';
import { chatCompletionsModel } from './chat-completions.ts';
import { type EndpointModel, failed, OPENAI_URL } from './connection.ts';
import { contextWindowOf } from './cost.ts';
import { asksForKey } from '../../machine/config/model-key.ts';
import { noKeyFailure } from './failure.ts';
import { type ModelSettings, ModelSwitches } from '../../../shared/api/worker-api.ts';
import { responsesModel } from './responses.ts';

/** Local servers ask for no key, but the header has to hold something. */
const NO_KEY = 'none';

const Shared = z.strictObject({
  model: z.string().min(1),
  /** Null where the endpoint asks for none. A key from a file often brings its line end along. */
  apiKey: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/, 'an API key has no spaces and no special characters')
    .nullable()
    .default(null),
  baseURL: z.url({ protocol: /^https?$/ }).default(OPENAI_URL),
  /** ms */
  idleMs: z.int().positive().optional(),
  switches: ModelSwitches.optional(),
  reasoningEffort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional(),
  /** Tokens; for models that the price list does not know. */
  contextWindow: z.int().positive().optional(),
  /** The provider whose prices and limits apply, where the endpoint is not OpenAI's own. */
  pricesOf: z.string().min(1).optional(),
});

/** Which model to use and how to reach it. */
export const ModelConfig = z.discriminatedUnion('api', [
  Shared.extend({
    api: z.literal('responses'),
    background: z.boolean().optional(),
    pollMs: z.int().positive().optional(),
  }),
  Shared.extend({ api: z.literal('chat') }),
  Shared.extend({ api: z.literal('anthropic') }),
]);
export type ModelConfig = z.infer<typeof ModelConfig>;

/** What the settings of a runner come to for a model of theirs. Throws where the key is no key. */
export const modelConfigOf = (
  settings: ModelSettings,
  { model, apiKey }: { readonly model: string; readonly apiKey: string | null },
): ModelConfig => {
  const { api, baseUrl, background, idleSeconds, switches, reasoningEffort, contextWindow, pricesOf } = settings;
  const common = {
    model,
    apiKey,
    baseURL: baseUrl,
    idleMs: Math.ceil(idleSeconds * 1000),
    switches,
    ...(reasoningEffort === null ? {} : { reasoningEffort }),
    ...(contextWindow === null ? {} : { contextWindow }),
    ...(pricesOf === null ? {} : { pricesOf }),
  };
  return ModelConfig.parse(api === 'responses' ? { api, ...common, background } : { api, ...common });
};

/** Makes the adapter that the config names. Opens no connection; without a key that the endpoint asks for, none is ever opened. */
export function openModel(config: ModelConfig): EndpointModel {
  const { api, baseURL, apiKey } = config;
  const opened = adapterFor(config);
  if (apiKey !== null || !asksForKey(baseURL)) return opened;
  const variables = api === 'anthropic' ? 'ANTHROPIC' : 'OPENAI';
  return {
    ...opened,
    respond: async (_request, { signal }) =>
      signal.aborted ? { kind: 'aborted' } : failed(noKeyFailure({ baseURL, variables })),
  };
}

function adapterFor(config: ModelConfig): EndpointModel {
  const { api, pricesOf, ...rest } = config;
  const contextWindow = config.contextWindow ?? contextWindowOf(config.model, { baseURL: config.baseURL, pricesOf });
  const options = { ...rest, apiKey: config.apiKey ?? NO_KEY, contextWindow };
  switch (api) {
    case 'responses':
      return responsesModel(options);
    case 'chat':
      return chatCompletionsModel(options);
    case 'anthropic':
      return anthropicModel(options);
  }
}
