import { streamOptions } from '../../../shared/api/router.ts';

/** A subscriber whose connection broke comes back after so long; EventSource's own default is 3 s. */
const retryMs = 100;
/** A subscriber that hears nothing for 25 s comes back (see the router); after a silence of this, up to twice as long, it is told that all is well. */
export const pingMs = 10_000;
/** How a client of tRPC knows that all is well. */
export const ping = 'event: ping\ndata: \n\n';

const comeBack = `retry: ${retryMs}\n\n`;
/** How a stream begins of which tRPC makes nothing: how soon to come back, and what tRPC's client waits for. */
export const opening = `${comeBack}event: connected\ndata: ${JSON.stringify(streamOptions)}\n\n\n`;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * What tRPC says to the subscribers of an event stream, as it goes over the wire: before it, how soon to come back, which
 * tRPC cannot say; each event in one piece, where tRPC gives three, each of which would be written by itself; and in
 * silence a ping, as tRPC's client knows it. tRPC's own pings would cost as much for each event as all the rest that it
 * does to it. Reads from tRPC only as fast as the connection takes it.
 */
export const asEventStream = (response: Response): Response => {
  if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream') || response.body === null)
    return response;
  const pieces: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  let silent = true;
  let pings: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytesOf(comeBack));
      pings = setInterval(() => {
        // One who does not take what there is needs no sign of life.
        if (silent && (controller.desiredSize ?? 0) > 0) controller.enqueue(bytesOf(ping));
        silent = true;
      }, pingMs);
    },
    pull: async (controller) => {
      try {
        const event = await nextEvent(pieces);
        silent = false;
        if (event !== null) return controller.enqueue(event);
        clearInterval(pings);
        controller.close();
      } catch (error) {
        clearInterval(pings);
        throw error;
      }
    },
    cancel: (reason) => {
      clearInterval(pings);
      return pieces.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
};

const newLine = 0x0a;

/** All pieces up to an empty line, which ends an event; null: there is none any more. */
const nextEvent = async (pieces: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> => {
  const read: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await pieces.read();
    if (done) return read.length === 0 ? null : Buffer.concat(read);
    read.push(value);
    if (value.at(-1) === newLine && value.at(-2) === newLine) return Buffer.concat(read);
  }
};
