import { z } from 'zod';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { redirectOf } from '../../../shared/client/straight-fetch.ts';
import { asksForKey, keyVariable } from '../../machine/config/model-key.ts';
import { endpointUrl, keyHeaders } from '../../worker/models/endpoint-url.ts';
import { endpointFetch } from '../../worker/models/http.ts';
import { fail, ok, warn, type Check } from '../../machine/check.ts';

/** What an endpoint's list of models came to. */
export type ModelList =
  | { readonly outcome: 'listed'; readonly models: readonly string[] }
  | { readonly outcome: 'status'; readonly status: number }
  | { readonly outcome: 'unreachable'; readonly reason: string }
  | { readonly outcome: 'redirected'; readonly to: string }
  | { readonly outcome: 'foreign' };

const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

/** ms; a healthy endpoint answers in well under one second. */
const listMs = 5_000;

export const listModels = async ({
  api,
  baseUrl,
  apiKey,
}: {
  readonly api: RunnerConfig['model']['api'];
  readonly baseUrl: string;
  readonly apiKey: string | null;
}): Promise<ModelList> => {
  const url = endpointUrl(baseUrl);
  const variables = api === 'anthropic' ? ('ANTHROPIC' as const) : ('OPENAI' as const);
  // Anthropic lists 20 at a time unless it is asked for more.
  const query = new URLSearchParams({ ...url.query, ...(api === 'anthropic' && { limit: '1000' }) }).toString();
  try {
    const answer = await endpointFetch(`${url.base}/models${query === '' ? '' : `?${query}`}`, {
      headers: apiKey === null ? {} : { ...keyHeaders(url, { apiKey, variables }) },
      signal: AbortSignal.timeout(listMs),
    });
    const to = redirectOf(answer, url.base);
    if (to !== null) return { outcome: 'redirected', to };
    if (!answer.ok) {
      await answer.body?.cancel();
      return { outcome: 'status', status: answer.status };
    }
    const parsed = Models.safeParse(await answer.json());
    return parsed.success
      ? { outcome: 'listed', models: parsed.data.data.map(({ id }) => id) }
      : { outcome: 'foreign' };
  } catch (error) {
    if (error instanceof SyntaxError) return { outcome: 'foreign' };
    return { outcome: 'unreachable', reason: reasonOf(error) };
  }
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${listMs / 1000} s`;
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
};

/** What that means for runs. The key itself is never said. */
export const judgeModel = (config: RunnerConfig, list: ModelList): Check => {
  const { name, baseUrl } = config.model;
  const about = `${name} at ${baseUrl}`;
  const anthropic = config.model.api === 'anthropic';
  const variable = keyVariable(config.model.api);
  const address = anthropic ? 'ANTHROPIC_BASE_URL' : 'OPENAI_BASE_URL';
  const vendor = asksForKey(baseUrl);
  const another = `Another endpoint: ${address}.`;
  const keys = anthropic ? 'https://console.anthropic.com/settings/keys' : 'https://platform.openai.com/api-keys';
  if (config.apiKey === null && (vendor || (list.outcome === 'status' && list.status === 401)))
    return fail('model', `${about}: no key`, `Set ${variable}; keys are made at ${keys}. ${another}`);
  switch (list.outcome) {
    case 'unreachable':
      return fail('model', `${about}: not reached: ${list.reason}`, `Check the network and the address. ${another}`);
    case 'redirected':
      return fail(
        'model',
        `${about}: sends requests on to ${list.to}, where the key is not sent`,
        `If that is the right one, set ${address} to its address, up to and with /v1.`,
      );
    case 'foreign':
      return warn(
        'model',
        `${about}: answers, and not as a model endpoint does`,
        `Check ${address}: it ends with /v1 as a rule.`,
      );
    case 'status':
      if (list.status === 401 || list.status === 403)
        return fail(
          'model',
          `${about}: the key was refused (${list.status})`,
          `Set ${variable} to a key that is valid there.`,
        );
      return warn(
        'model',
        `${about}: its list of models answers ${list.status}`,
        `Runs may work nevertheless. Check ${address}: it ends with /v1 as a rule.`,
      );
    case 'listed': {
      if (list.models.includes(name)) return ok('model', about);
      const some = list.models.slice(0, 5).join(', ');
      const judge = vendor ? fail : warn;
      return judge(
        'model',
        `${about}: not in its list of ${list.models.length} models`,
        `Name one that is there with LONGHAUL_MODEL: ${some}${list.models.length > 5 ? ', …' : ''}`,
      );
    }
  }
};
