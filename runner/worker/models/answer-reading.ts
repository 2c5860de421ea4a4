import { type Connection, note, type Seen } from './connection.ts';
import { saidFailure } from './failure.ts';
import { type Frame, framesOf } from './frames.ts';
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
  readonly answer: Answer;
  readonly ask: (options: { readonly signal: AbortSignal }) => Promise<Response>;
  /** Adds an event to the answer, and tells what of it could not be read. */
  readonly add: (answer: Answer, event: unknown, odd: (what: string) => void) => void;
  /** Nothing more is to come. */
  readonly ended: (answer: Answer) => boolean;
}

/** Reads an answer that is streamed as events of JSON, to its end or to the error that the server says in it. */
export async function readAnswer<Answer extends { readonly characters: number }>(
  { endpoint, idleMs }: Connection,
  { answer, ask, add, ended }: AnswerParts<Answer>,
  how: RespondOptions,
): Promise<{ readonly reading: Reading<Answer>; readonly end: StreamEnd }> {
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
        reading.events += 1;
        add(answer, frame.value, (what) => note(reading, what));
        return ended(answer) ? 'done' : 'more';
      }
    }
  };
  const end = await listen<Frame>({
    signal: how.signal,
    idleMs,
    open: async (signal, alive) => {
      const response = await ask({ signal });
      reading.contentType = response.headers.get('content-type') ?? '';
      return framesOf(response, alive);
    },
    onEvent: async (frame) => {
      const before = answer.characters;
      const next = read(frame);
      if (answer.characters > before) how.onProgress?.(answer.characters);
      return next;
    },
  });
  return { reading, end };
}
