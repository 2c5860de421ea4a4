import type { Duplex } from 'node:stream';

/** What the first bytes of a connection are. */
type Hello =
  /** So far nothing that is not the beginning of a ClientHello. */
  | { readonly kind: 'more' }
  /** A whole ClientHello (RFC 8446, section 4.1.2). `name`: of the server that it wants, in lower case; null: it names none. */
  | { readonly kind: 'hello'; readonly name: string | null }
  /** No TLS, or none that can be read. */
  | { readonly kind: 'other' };

export type Greeting = Exclude<Hello, { kind: 'more' }>;

/** Keys that withstand quantum computers make it some kilobytes, session tickets some more. */
const longest = 32_768;
/** One is usual, two or three are seen. */
const mostRecords = 64;

const handshake = 22;
const clientHello = 1;
const serverName = 0;
const hostName = 0;

/** Reads one field after the other; throws a RangeError behind the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(bytes: 1 | 2 | 3): number {
    const value = this.#bytes.readUIntBE(this.#at, bytes);
    this.#at += bytes;
    return value;
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('it ends early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** What a length of so many bytes stands before. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.take(this.number(lengthBytes));
  }
}

/** Reads the beginning of what a client sends through a tunnel for TLS. @internal */
export function readHello(bytes: Buffer): Hello {
  // A message may come in several records.
  const records: Buffer[] = [];
  let at = 0;
  while (records.length < mostRecords && at <= longest) {
    const record = bytes.subarray(at);
    if (record.length > 0 && record[0] !== handshake) return { kind: 'other' };
    if (record.length > 1 && record[1] !== 3) return { kind: 'other' };
    if (record.length < 5) return { kind: 'more' };
    const content = record.readUInt16BE(3);
    if (content === 0 || content > 16_384) return { kind: 'other' };
    if (record.length < 5 + content) return { kind: 'more' };
    records.push(record.subarray(5, 5 + content));
    at += 5 + content;
    const whole = wholeHello(Buffer.concat(records));
    if (whole !== null) return whole;
  }
  return { kind: 'other' };
}

/** Null: it is not complete yet. */
function wholeHello(message: Buffer): Greeting | null {
  if (message.length > 0 && message[0] !== clientHello) return { kind: 'other' };
  if (message.length < 4 || message.length < 4 + message.readUIntBE(1, 3)) return null;
  try {
    return nameIn(new Reader(message.subarray(4, 4 + message.readUIntBE(1, 3))));
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'other' };
    throw error;
  }
}

function nameIn(hello: Reader): Greeting {
  // Version, random, session, cipher suites, compression.
  hello.take(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  if (hello.isAtEnd) return { kind: 'hello', name: null };
  const extensions = new Reader(hello.vector(2));
  const names: string[] = [];
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type !== serverName) continue;
    const list = new Reader(new Reader(content).vector(2));
    while (!list.isAtEnd) {
      const kind = list.number(1);
      const name = list.vector(2);
      if (kind === hostName) names.push(name.toString('latin1').toLowerCase());
    }
  }
  const [name, ...others] = names;
  // Nobody sends two; which one a server would take is a guess.
  return others.length > 0 ? { kind: 'other' } : { kind: 'hello', name: name ?? null };
}

/** What a client that asked for another name reads: a fatal alert, unrecognized_name. */
export const wrongName = Buffer.from([21, 3, 1, 0, 2, 2, 112]);

/**
 * Takes a connection's first bytes, as many as it needs to tell what they are; the stream is paused then. A client that ends, or has not said it when
 * `until` fires, has said nothing that can be read.
 */
export function takeHello(
  stream: Duplex,
  head: Buffer,
  until: AbortSignal,
): Promise<{ readonly hello: Greeting; readonly bytes: Buffer }> {
  return new Promise((resolve) => {
    let bytes = head;
    const done = (hello: Greeting): void => {
      until.removeEventListener('abort', onEnd);
      stream.off('data', onData).off('end', onEnd).off('close', onEnd).pause();
      resolve({ hello, bytes });
    };
    const look = (): void => {
      const hello = readHello(bytes);
      if (hello.kind !== 'more') done(hello);
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      look();
    };
    const onEnd = (): void => done({ kind: 'other' });
    until.addEventListener('abort', onEnd);
    stream.on('data', onData).on('end', onEnd).on('close', onEnd);
    look();
  });
}
