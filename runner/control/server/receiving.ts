import type { IncomingMessage } from 'node:http';

/** How long a request may take to arrive, ms. */
export interface Receiving {
  /** From the first byte to the end of its head. */
  readonly headMs: number;
  /** Between two looks at a body, each of which must find something new of it. */
  readonly idleMs: number;
  /** What a body must have brought for each second that it has taken so far, once it has had `idleMs`; less is somebody who holds a connection. */
  readonly bytesPerSecond: number;
}

/** A line of 64 kbit/s brings 8,000 bytes a second. */
export const usualReceiving: Receiving = { headMs: 10_000, idleMs: 30_000, bytesPerSecond: 1000 };

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/** Cuts the connection of a request whose body stops, or comes so slowly that it would never end. */
export function holdToPace(request: IncomingMessage, { idleMs, bytesPerSecond }: Receiving): void {
  const { socket } = request;
  const first = socket.bytesRead;
  let last = first;
  let elapsed = 0;
  const look = setInterval(() => {
    elapsed += idleMs;
    const read = socket.bytesRead;
    // What this process has not taken yet is no fault of who sends it.
    const waitsForUs = request.readableFlowing !== true && request.readableLength > 0;
    const isSlow = read === last || read - first < (bytesPerSecond * elapsed) / 1000;
    last = read;
    if (isSlow && !waitsForUs && !request.complete) socket.destroy();
  }, idleMs);
  look.unref();
  // A connection that is kept open must not keep what is left of each request that came over it.
  const stop = (): void => {
    clearInterval(look);
    socket.off('close', stop);
  };
  request.once('end', stop).once('close', stop);
  socket.once('close', stop);
}
