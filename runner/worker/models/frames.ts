import { createParser } from 'eventsource-parser';

/** One event of a stream: its data as text, and what that is as JSON; `unreadable` where it is none. */
export type Frame =
  | { readonly kind: 'json'; readonly value: unknown }
  /** `[DONE]`: the server has said all that it had to say. */
  | { readonly kind: 'done' }
  | { readonly kind: 'unreadable'; readonly text: string };

/** An answer that is no stream, but one document. More of it than this is no model's answer. */
const longestDocument = 16 * 1024 * 1024;
/** An event larger than this is no model's either: a whole response with all its items is in one. */
const longestEvent = 64 * 1024 * 1024;

/**
 * What a response says, in order: server-sent events, or the one document of a server that does not stream, as one frame. `alive` is
 * called for whatever arrives, comments that only keep the connection among it.
 *
 * @throws what fetch throws when the connection breaks, and SyntaxError for what is too long.
 */
export async function* framesOf(response: Response, alive: () => void): AsyncGenerator<Frame, void, undefined> {
  if (response.body === null) return;
  const queue: Frame[] = [];
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ data }) => void queue.push(frameOf(data)),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new SyntaxError('an event that is too long');
    },
  });
  const decoder = new TextDecoder();
  let whole: string | null = isStream(response) ? null : '';
  for await (const bytes of response.body) {
    alive();
    const text = decoder.decode(bytes, { stream: true });
    if (whole === null) parser.feed(text);
    else {
      whole += text;
      if (whole.length > longestDocument) throw new SyntaxError('a document that is too long');
      if (!looksLikeEvents(whole)) continue;
      // A stream under the name of something else.
      parser.feed(whole);
      whole = null;
    }
    yield* queue.splice(0);
  }
  if (whole !== null && whole.trim() !== '') yield frameOf(whole);
  // What was left without its blank line is an event all the same, where it is whole.
  parser.feed('\n\n');
  yield* queue.splice(0);
}

const isStream = (response: Response): boolean => (response.headers.get('content-type') ?? '').includes('event-stream');

const looksLikeEvents = (text: string): boolean => /^\s*(?:data|event|id|retry)?:/.test(text);

const frameOf = (data: string): Frame => {
  if (data.trim() === '[DONE]') return { kind: 'done' };
  try {
    return { kind: 'json', value: JSON.parse(data) };
  } catch {
    return { kind: 'unreadable', text: data };
  }
};
