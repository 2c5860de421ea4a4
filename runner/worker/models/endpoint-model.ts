import { type Connection, failed, note, refused, type Seen } from './connection.ts';
import { cutFailure, failureOf, protocolFailure, saidFailure, stalledFailure } from './failure.ts';
import { type Frame, framesOf } from './frames.ts';
import { isBag, type Odd } from './lenient.ts';
import type { Model, ModelFailure, ModelOutcome, ModelRequest, RespondOptions } from './model.ts';
import { errorIn } from './said-error.ts';
import { listen, type StreamEnd } from './stream.ts';
import type { Switches } from './switches.ts';

/** A model that also tells which parts of its requests the endpoint knows: as configured, less what it has refused since. */
export interface EndpointModel extends Model {
  switches(): Switches;
}

/** With what one request is sent, as the SDKs of all vendors take it. */
interface Sending {
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
}

/** How an API is asked, and what its answers mean. */
interface Api<Answer> {
  /** Makes the request of the API; what is given back sends it. */
  readonly ask: (request: ModelRequest) => (sending: Sending) => Promise<Response>;
  /** An answer of which nothing has come. */
  readonly empty: () => Answer;
  /** Adds an event to the answer, and tells what of it could not be read. */
  readonly add: (answer: Answer, event: unknown, odd: Odd) => void;
  /** Nothing more is to come. */
  readonly ended: (answer: Answer) => boolean;
  /** The id of an answer that the provider goes on with when nobody listens; null: it has not come yet. */
  readonly idIn?: (answer: Answer) => string | null;
  /** Null: the answer is not whole. */
  readonly outcome: (reading: Reading<Answer>) => ModelOutcome | null;
}

export interface Reading<Answer> extends Seen {
  readonly answer: Answer;
  /** The server said `[DONE]`. */
  done: boolean;
  /** What the server said in the stream, where an answer belongs. */
  failure: ModelFailure | null;
}

/** The model behind a connection, by its API. */
export const endpointModel = <Answer>(connection: Connection, api: Api<Answer>): EndpointModel => ({
  name: connection.endpoint.model,
  contextWindow: connection.contextWindow,
  switches: () => connection.switches,
  respond: async (request, how) => {
    const send = api.ask(request);
    const headers = { 'Idempotency-Key': request.idempotencyKey };
    const { reading, end } = await readAnswer(connection, { ...api, send: (signal) => send({ signal, headers }) }, how);
    if (end.kind === 'aborted') return { kind: 'aborted' };
    if (reading.failure !== null) return refused(reading.failure, connection);
    return api.outcome(reading) ?? unfinished(end, connection, reading);
  },
});

/** Reads an answer that is streamed as events of JSON, to its end or to the error that the server says in it. */
async function readAnswer<Answer>(
  { endpoint, idleMs }: Connection,
  {
    empty,
    add,
    ended,
    idIn = () => null,
    send,
  }: Api<Answer> & { readonly send: (signal: AbortSignal) => Promise<Response> },
  how: RespondOptions,
): Promise<{ readonly reading: Reading<Answer>; readonly end: StreamEnd }> {
  const answer = empty();
  const reading: Reading<Answer> = { events: 0, contentType: '', oddities: [], answer, done: false, failure: null };
  const read = (frame: Frame): 'more' | 'done' => {
    switch (frame.kind) {
      case 'done':
        reading.done = true;
        return 'done';
      case 'unreadable':
        note(reading, 'an event that is no JSON');
        return 'more';
      case 'json': {
        const error = errorIn(frame.value);
        if (error !== null) {
          reading.failure = saidFailure(error, endpoint);
          return 'done';
        }
        if (isBag(frame.value)) reading.events += 1;
        add(answer, frame.value, (what) => note(reading, what));
        return ended(answer) ? 'done' : 'more';
      }
    }
  };
  const end = await listen<Frame>({
    signal: how.signal,
    idleMs,
    open: async (signal, alive) => {
      const response = await send(signal);
      reading.contentType = response.headers.get('content-type') ?? '';
      return framesOf(response, alive);
    },
    onEvent: async (frame) => {
      const known = idIn(answer);
      const next = read(frame);
      const id = idIn(answer);
      if (known === null && id !== null) await how.onResponseId?.(id);
      return next;
    },
  });
  return { reading, end };
}

/** The outcome of a stream that ended without its terminal event. */
function unfinished(end: Exclude<StreamEnd, { kind: 'aborted' }>, connection: Connection, seen: Seen): ModelOutcome {
  const { endpoint, idleMs } = connection;
  switch (end.kind) {
    case 'stalled':
      return failed(stalledFailure(idleMs, endpoint));
    case 'failed':
      return refused(failureOf(end.error, endpoint), connection);
    case 'done':
    case 'closed': {
      const { events, oddities, contentType } = seen;
      const foreign = !contentType.includes('event-stream');
      if (events > 0 || (oddities.length === 0 && !foreign)) return failed(cutFailure(endpoint));
      const what = foreign ? `content type ${contentType.slice(0, 60) || 'missing'}` : 'its stream is not valid JSON';
      return failed(protocolFailure(what, endpoint));
    }
  }
}
