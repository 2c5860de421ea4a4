import type { ImageType } from '../../../shared/run/image.ts';
import type { ModelItem, Usage } from '../../../shared/run/model-item.ts';

/** One function that the model may call. `parameters` is a JSON schema in which every property is required (null stands for "left out"). */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Record<string, unknown>;
}

/** An image as requests carry it: all APIs take base64. */
export interface ModelImage {
  readonly mediaType: ImageType;
  readonly base64: string;
}

export interface ModelRequest {
  readonly instructions: string;
  /** The whole context, oldest first: the adapters are stateless. */
  readonly items: readonly ModelItem[];
  /** Shown with the first message of the user. Left out: none. */
  readonly images?: readonly ModelImage[];
  readonly tools: readonly ToolSpec[];
  /** Sent as the `Idempotency-Key` header; nothing promises that a provider honours it. */
  readonly idempotencyKey: string;
  /**
   * A background response to go on with, where the adapter was made with `background` (others ignore it). After a failure
   * `canResume` of failure.ts says whether to come back with it; else the next call leaves it out.
   */
  readonly resume?: { readonly responseId: string };
}

/** Why a model call came to nothing. `code` decides what the loop does; `message` says what a person can do. */
export interface ModelFailure {
  readonly code:
    | 'auth' // 401, 403: the key is wrong; without a status: there is none, and nothing was asked
    | 'not_found' // 404: no such model or endpoint
    | 'rate_limited' // 429
    | 'quota' // 429 insufficient_quota: no money left
    | 'context_length' // the input is too long for the model
    | 'bad_request' // any other 4xx
    | 'server' // 5xx, 408, 409, or an error event in the stream
    | 'network' // no connection, or it was cut before the terminal event; with status 404: the background response is gone
    | 'stalled' // no event for the idle limit
    | 'incomplete' // the response ended early: output limit or content filter
    | 'protocol'; // the endpoint answered with something that is no response
  readonly message: string;
  readonly retryable: boolean;
  /** From Retry-After, in ms. */
  readonly retryAfterMs: number | null;
  /** HTTP status, where one was received. */
  readonly status: number | null;
  /** Known only where the provider said it; null is "unknown", never 0. */
  readonly usage: Usage | null;
}

export type ModelOutcome =
  | {
      readonly kind: 'completed';
      readonly items: readonly ModelItem[];
      readonly usage: Usage | null;
      readonly responseId: string | null;
      /** What came with it and could not be read, a few words each: it may have meant something. */
      readonly oddities: readonly string[];
    }
  | { readonly kind: 'failed'; readonly failure: ModelFailure }
  | { readonly kind: 'aborted' };

export interface RespondOptions {
  /** Aborting ends the call with `aborted`, and cancels a background response; nothing is thrown. */
  readonly signal: AbortSignal;
  /** Called once, as soon as a background response has an id, and awaited before anything else is read. */
  readonly onResponseId?: (responseId: string) => Promise<void>;
}

/**
 * A model endpoint. `respond` makes exactly one HTTP call (in background mode: one and its polls), retries nothing,
 * and never throws for what an endpoint or a network can do: that is a `failed` outcome.
 */
export interface Model {
  readonly name: string;
  /** Tokens the model can take in, or null where unknown. */
  readonly contextWindow: number | null;
  respond(request: ModelRequest, options: RespondOptions): Promise<ModelOutcome>;
}
