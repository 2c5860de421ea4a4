import OpenAI from 'openai';
import type { ReasoningEffort } from 'openai/resources/shared';
import type { ModelSwitches } from '../../../shared/api/worker-api.ts';
import { adapted, switchesOf, type Switches } from './switches.ts';
import { endpointUrl, keyHeaders } from './endpoint-url.ts';
import { cutFailure, type Endpoint, failureOf, protocolFailure, shown, stalledFailure } from './failure.ts';
import { endpointFetch } from './http.ts';
import type { Model, ModelFailure, ModelOutcome } from './model.ts';
import type { StreamEnd } from './stream.ts';

/** What both adapters need to know. */
export interface EndpointOptions {
  readonly apiKey: string;
  /** With its `/v1`, and with a query where the endpoint wants one. Default: OpenAI's own. */
  readonly baseURL?: string | undefined;
  readonly model: string;
  /**
   * ms without a byte after which a call has stalled. Default 120,000: reasoning models are silent for a minute and more.
   */
  readonly idleMs?: number | undefined;
  readonly reasoningEffort?: Exclude<ReasoningEffort, null> | undefined;
  /** Tokens, input and output together. */
  readonly contextWindow?: number | null | undefined;
  /** What of the API this endpoint knows. */
  readonly switches?: ModelSwitches | undefined;
}

export const OPENAI_URL = 'https://api.openai.com/v1';
const IDLE_MS = 120_000;

export interface Connection {
  readonly endpoint: Endpoint;
  readonly idleMs: number;
  /** As configured, less what the endpoint has refused since. */
  switches: Switches;
}

export interface OpenAiConnection extends Connection {
  readonly client: OpenAI;
}

/** A model that also tells which parts of its requests the endpoint knows: as configured, less what it has refused since. */
export interface EndpointModel extends Model {
  switches(): Switches;
}

/** Retries are the run's, written in its log: the SDK makes none. It logs nothing either; what it knows is in the failure. */
export function connect(options: EndpointOptions): OpenAiConnection {
  const { apiKey, baseURL = OPENAI_URL, model, idleMs = IDLE_MS } = options;
  const endpoint = { apiKey, baseURL, model, variables: 'OPENAI' as const };
  const url = endpointUrl(baseURL);
  const client = new OpenAI({
    apiKey,
    baseURL: url.base,
    defaultQuery: { ...url.query },
    defaultHeaders: { authorization: null, ...keyHeaders(url, endpoint) },
    maxRetries: 0,
    logLevel: 'off',
    fetch: endpointFetch,
    // Its own limit, 10 minutes until the headers, would be a second one beside `idleMs`. The largest that a timer takes.
    timeout: 2 ** 31 - 1,
  });
  return {
    client,
    endpoint,
    idleMs,
    switches: switchesOf(options.switches),
  };
}

/** A failure, unless the endpoint has just named a part of the request that it does not know: then it is asked again without. */
export function refused(failure: ModelFailure, connection: Connection): ModelOutcome {
  const without = adapted(connection.switches, failure);
  if (without === null) return failed(failure);
  connection.switches = without.switches;
  return failed({
    ...failure,
    retryable: true,
    retryAfterMs: 0,
    message: `${failure.message} It is asked again ${without.how}; set ${without.setting} to have it so from the start.`,
  });
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
export function note(seen: Seen, oddity: string): void {
  if (seen.oddities.length < mostOddities && !seen.oddities.includes(oddity)) seen.oddities.push(oddity);
}
const mostOddities = 10;

/** The outcome of a stream that ended without its terminal event. */
export function unfinished(end: StreamEnd, connection: Connection, seen: Seen): ModelOutcome {
  const { endpoint, idleMs } = connection;
  switch (end.kind) {
    case 'aborted':
      return { kind: 'aborted' };
    case 'stalled':
      return failed(stalledFailure(idleMs, endpoint));
    case 'failed':
      return refused(failureOf(end.error, endpoint), connection);
    case 'done':
    case 'closed': {
      if (seen.events > 0) return failed(cutFailure(endpoint));
      const [odd] = seen.oddities;
      const foreign = !seen.contentType.includes('event-stream');
      if (odd === undefined && !foreign) return failed(cutFailure(endpoint));
      return failed(
        protocolFailure(foreign ? `content type ${quoted(seen)}` : 'its stream is not valid JSON', endpoint),
      );
    }
  }
}

/** Names an endpoint and its model, for what goes back to it alone. */
export const nameOf = ({ baseURL, model }: Endpoint): string => `${shown({ baseURL })} ${model}`;

const quoted = ({ contentType }: Seen): string => (contentType === '' ? 'missing' : contentType.slice(0, 60));
