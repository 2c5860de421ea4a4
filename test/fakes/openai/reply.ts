/** What the fake answers, in words that serve both APIs. Built with the functions below, so that a test reads as a transcript. */
export type Reply = Answer | Rejection | Raw | Silence;

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly summary: string }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: string }
  | { readonly kind: 'refusal'; readonly text: string };

/** A response that begins to stream. */
export interface Answer {
  readonly kind: 'answer';
  readonly parts: readonly Part[];
  readonly end: End;
  readonly trouble: Trouble | null;
  /** Null: counted from the characters, the same for the same request. */
  readonly tokens: Tokens | null;
  /** Adds event types, fields and an output item that no documentation knows. */
  readonly aliens: boolean;
  /** How often a background response is still in progress when it is looked at. */
  readonly polls: number;
}

export type End =
  | { readonly kind: 'completed' }
  | { readonly kind: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** What happens to the connection. `after` counts events (chunks). `eof` ends it cleanly, all but the terminal event sent. */
export type Trouble =
  | { readonly kind: 'cut'; readonly after: number }
  | { readonly kind: 'stall'; readonly after: number; readonly stalled: () => void }
  | { readonly kind: 'eof' };

export interface Tokens {
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

/** An HTTP error with OpenAI's error body. */
export interface Rejection {
  readonly kind: 'rejection';
  readonly status: number;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
  readonly headers: Readonly<Record<string, string>>;
}

/** Whatever else a web server may say. */
export interface Raw {
  readonly kind: 'raw';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** No byte, ever. */
export interface Silence {
  readonly kind: 'silence';
}

const answer = (...parts: Part[]): Answer => ({
  kind: 'answer',
  parts,
  end: { kind: 'completed' },
  trouble: null,
  tokens: null,
  aliens: false,
  polls: 0,
});

export const says = (text: string): Answer => answer({ kind: 'text', text });
export const reasons = (summary: string): Answer => answer({ kind: 'reasoning', summary });
export const refuses = (text: string): Answer => answer({ kind: 'refusal', text });
export const calls = (name: string, args: Readonly<Record<string, unknown>>): Answer =>
  answer({ kind: 'call', name, arguments: JSON.stringify(args) });
/** A call whose arguments are this text, JSON or not. */
export const malformedArguments = (name: string, text: string): Answer =>
  answer({ kind: 'call', name, arguments: text });

/** One response with the parts of all, in order; how it ends is told by the last. */
export function together(...answers: readonly [Answer, ...Answer[]]): Answer {
  const last = answers.at(-1)!;
  return { ...last, parts: answers.flatMap(({ parts }) => parts) };
}

export const incomplete = (reason: 'max_output_tokens' | 'content_filter', said: Answer = says('So')): Answer => ({
  ...said,
  end: { kind: 'incomplete', reason },
});
/** `response.failed` at the end of the stream (Chat Completions: an error in a chunk). */
export const breaks = (code: string, message: string, said: Answer = says('So')): Answer => ({
  ...said,
  end: { kind: 'failed', code, message },
});
/** An `error` event in place of a terminal one. */
export const errs = (code: string, message: string, said: Answer = says('So')): Answer => ({
  ...said,
  end: { kind: 'error', code, message },
});
/** Long enough that a few events are not all of it. */
const rambling = says('Let me look at it once more. '.repeat(10));

/** The socket is destroyed after that many events. */
export const cutsAfter = (after: number, said: Answer = rambling): Answer => ({
  ...said,
  trouble: { kind: 'cut', after },
});
export const endsWithoutTerminal = (said: Answer = rambling): Answer => ({
  ...said,
  trouble: { kind: 'eof' },
});
/** The connection stays open, and nothing comes any more after that many events; `stalled` is told when they are out. */
export const stalls = (after = 2, said: Answer = rambling, stalled: () => void = () => {}): Answer => ({
  ...said,
  trouble: { kind: 'stall', after, stalled },
});
export const costs = (tokens: Tokens, said: Answer): Answer => ({ ...said, tokens });
export const withAliens = (said: Answer): Answer => ({ ...said, aliens: true });
export const takesPolls = (polls: number, said: Answer): Answer => ({ ...said, polls });
export const neverAnswers = (): Silence => ({ kind: 'silence' });
export const answersRaw = (status: number, contentType: string, body: string): Raw => ({
  kind: 'raw',
  status,
  contentType,
  body,
});

/** The type that OpenAI gives an error with this status. */
const types: Readonly<Record<number, string>> = {
  401: 'invalid_request_error',
  403: 'invalid_request_error',
  404: 'invalid_request_error',
  429: 'requests',
  500: 'server_error',
  503: 'service_unavailable_error',
};

export interface FailsOptions {
  readonly message?: string;
  readonly code?: string;
  readonly type?: string;
  readonly param?: string;
  /** Seconds, or an HTTP date. */
  readonly retryAfter?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function fails(status: number, options: FailsOptions = {}): Rejection {
  const { message = `The fake answers ${status}.`, code = null, param = null, retryAfter, headers } = options;
  return {
    kind: 'rejection',
    status,
    error: { message, type: options.type ?? types[status] ?? 'invalid_request_error', param, code },
    headers: { ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }), ...headers },
  };
}
