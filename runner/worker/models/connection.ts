import OpenAI from 'openai';
import type { ReasoningEffort } from 'openai/resources/shared';
import { cutFailure, type Endpoint, failureOf, protocolFailure, stalledFailure } from './failure.ts';
import type { ModelFailure, ModelOutcome } from './model.ts';
import type { StreamEnd } from './stream.ts';

/** What both adapters need to know. */
export interface EndpointOptions {
  readonly apiKey: string;
  /** With its `/v1`. Default: OpenAI's own. */
  readonly baseURL?: string | undefined;
  readonly model: string;
  /**
   * ms without an event after which a call has stalled. Default 120,000: reasoning models are silent for a minute and
   * more. Before the headers Node's fetch itself gives up at 300,000.
   */
  readonly idleMs?: number | undefined;
  readonly reasoningEffort?: Exclude<ReasoningEffort, null> | undefined;
  /** Tokens, input and output together. */
  readonly contextWindow?: number | null | undefined;
  readonly fetch?: typeof fetch | undefined;
}

export const OPENAI_URL = 'https://api.openai.com/v1';
const IDLE_MS = 120_000;

export interface Connection {
  readonly client: OpenAI;
  readonly endpoint: Endpoint;
  readonly idleMs: number;
}

/** Retries are the run's, written in its log: the SDK makes none. It logs nothing either; what it knows is in the failure. */
export function connect({ apiKey, baseURL = OPENAI_URL, model, idleMs = IDLE_MS, fetch }: EndpointOptions): Connection {
  const client = new OpenAI({ apiKey, baseURL, maxRetries: 0, logLevel: 'off', ...(fetch && { fetch }) });
  return { client, endpoint: { apiKey, baseURL, model }, idleMs };
}

export const failed = (failure: ModelFailure): ModelOutcome => ({ kind: 'failed', failure });

/** What came before the end: a server that streams nothing, and says that it streams nothing, is no such API. */
export interface Seen {
  events: number;
  contentType: string;
}

/** The outcome of a stream that ended without its terminal event. */
export function unfinished(end: StreamEnd, { endpoint, idleMs }: Connection, seen: Seen): ModelOutcome {
  switch (end.kind) {
    case 'aborted':
      return { kind: 'aborted' };
    case 'stalled':
      return failed(stalledFailure(idleMs, endpoint));
    case 'failed':
      return failed(failureOf(end.error, endpoint));
    case 'done':
    case 'closed': {
      const foreign = seen.events === 0 && !seen.contentType.includes('event-stream');
      return failed(foreign ? protocolFailure(`content type ${quoted(seen)}`, endpoint) : cutFailure(endpoint));
    }
  }
}

const quoted = ({ contentType }: Seen): string => (contentType === '' ? 'missing' : contentType.slice(0, 60));
