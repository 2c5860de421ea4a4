import type { ReasoningEffort } from 'openai/resources/shared';
import type { ModelSwitches } from '../../../shared/api/worker-api.ts';
import { adapted, switchesOf, type Switches } from './switches.ts';
import { endpointUrl, keyHeaders } from './endpoint-url.ts';
import { type Endpoint, shown } from './failure.ts';
import { endpointFetch } from './http.ts';
import type { ModelFailure, ModelOutcome } from './model.ts';

/** What all adapters need to know. */
export interface EndpointOptions {
  readonly apiKey: string;
  /** With its `/v1`, and with a query where the endpoint wants one. */
  readonly baseURL: string;
  readonly model: string;
  /**
   * ms without a byte after which a call has stalled. Default 120,000: reasoning models are silent for a minute and more.
   */
  readonly idleMs?: number;
  readonly reasoningEffort?: Exclude<ReasoningEffort, null>;
  /** Tokens, input and output together. */
  readonly contextWindow?: number | null;
  /** What of the API this endpoint knows. */
  readonly switches?: ModelSwitches;
}

const usualIdleMs = 120_000;

export interface Connection {
  readonly endpoint: Endpoint;
  readonly idleMs: number;
  /** Tokens, input and output together. */
  readonly contextWindow: number | null;
  /** As configured, less what the endpoint has refused since. */
  switches: Switches;
  /** Tokens that an answer may have; null: the API wants no limit. */
  mostOutput: number | null;
}

/** How an endpoint is reached, and with what its SDK does so. */
export function connect(options: EndpointOptions, variables: Endpoint['variables']) {
  const { apiKey, baseURL, model, idleMs = usualIdleMs, contextWindow = null } = options;
  const endpoint: Endpoint = { apiKey, baseURL, model, variables };
  const url = endpointUrl(baseURL);
  /** Retries are the run's, written in its log: the SDK makes none. It logs nothing either; what it knows is in the failure. */
  const sdk = {
    apiKey,
    baseURL: url.base,
    defaultQuery: { ...url.query },
    // Anthropic's sends a key as a bearer; the API's documentation, and those who copied it, want it so.
    defaultHeaders: { authorization: null, ...keyHeaders(url, endpoint) },
    maxRetries: 0,
    logLevel: 'off' as const,
    fetch: endpointFetch,
    // Its own limit, 10 minutes until the headers, would be a second one beside `idleMs`. The largest that a timer takes.
    timeout: 2 ** 31 - 1,
  };
  const switches = switchesOf(options.switches);
  const connection: Connection = { endpoint, idleMs, contextWindow, switches, mostOutput: null };
  return { connection, sdk };
}

/** A failure, unless the endpoint has just named what of the request it does not know or take: then it is asked again without. */
export function refused(failure: ModelFailure, connection: Connection): ModelOutcome {
  const again = (how: string): ModelOutcome => {
    const message = `${failure.message} It is asked again ${how}`;
    return failed({ ...failure, retryable: true, retryAfterMs: 0, message });
  };
  const most = failure.code === 'bad_request' ? /max_tokens: \d+ > (\d+)/.exec(failure.message)?.[1] : undefined;
  if (connection.mostOutput !== null && Number(most) < connection.mostOutput) {
    connection.mostOutput = Number(most);
    return again(`for ${most}.`);
  }
  const without = adapted(connection.switches, failure);
  if (without === null) return failed(failure);
  connection.switches = without.switches;
  return again(`${without.how}; set ${without.setting} to have it so from the start.`);
}

export const failed = (failure: ModelFailure): ModelOutcome => ({ kind: 'failed', failure });

/** What came before the end: a server that streams nothing, and says that it streams nothing, is no such API. */
export interface Seen {
  events: number;
  contentType: string;
  /** What came that could not be read, a sentence each. */
  readonly oddities: string[];
}

/** Keeps what could not be read for whoever looks at the run; more of the same kind says no more. */
export function note(seen: Pick<Seen, 'oddities'>, oddity: string): void {
  if (seen.oddities.length < mostOddities && !seen.oddities.includes(oddity)) seen.oddities.push(oddity);
}
const mostOddities = 10;

/** Names an endpoint and its model, for what goes back to it alone. */
export const nameOf = ({ baseURL, model }: Endpoint): string => `${shown({ baseURL })} ${model}`;
