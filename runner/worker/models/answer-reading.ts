import { type Connection, note, type Seen } from './connection.ts';
import { saidFailure } from './failure.ts';
import { type Frame, framesOf } from './frames.ts';
import { isBag, type Odd } from './lenient.ts';
import type { ModelFailure, RespondOptions } from './model.ts';
import { errorIn } from './said-error.ts';
import { listen, type StreamEnd } from './stream.ts';

export interface Reading<Answer> extends Seen {
  readonly answer: Answer;
  /** The server said `[DONE]`. */
  done: boolean;
  /** What the server said in the stream, where an answer belongs. */
  failure: ModelFailure | null;
}

export interface AnswerParts<Answer> {
  /** An answer of which nothing has come. */
  readonly empty: () => Answer;
  /** Adds an event to the answer, and tells what of it could not be read. */
  readonly add: (answer: Answer, event: unknown, odd: Odd) => void;
  /** Nothing more is to come. */
  readonly ended: (answer: Answer) => boolean;
  /** The id of an answer that the provider goes on with when nobody listens; null: it has not come yet. */
  readonly idIn?: (answer: Answer) => string | null;
}

/** Reads an answer that is streamed as events of JSON, to its end or to the error that the server says in it. */
export async function readAnswer<Answer>(
  { endpoint, idleMs }: Connection,
  {
    empty,
    add,
    ended,
    idIn = () => null,
    ask,
  }: AnswerParts<Answer> & { readonly ask: (signal: AbortSignal) => Promise<Response> },
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
      const response = await ask(signal);
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
