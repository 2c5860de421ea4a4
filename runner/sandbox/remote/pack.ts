import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A pack's sections one after the other. What a machine sent is not trusted: nothing is taken by more than its limit. Throws for a pack that is none. */
export class PackReader implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #stream: Readable;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    const gunzip = createGunzip();
    pipeline(createReadStream(file), gunzip, () => {});
    this.#stream = gunzip;
    // safe: a stream without an encoding gives buffers
    this.#chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
  }

  /** Name and size of the next section; null at the end. */
  async section(): Promise<{ readonly name: string; readonly bytes: number } | null> {
    let line = '';
    for (;;) {
      const end = this.#rest.indexOf(10);
      line += this.#rest.subarray(0, end === -1 ? undefined : end).toString('latin1');
      if (line.length > 100) break;
      if (end !== -1) {
        this.#rest = this.#rest.subarray(end + 1);
        const [, name, bytes] = /^([a-z.]+) (\d{1,15})$/.exec(line) ?? [];
        if (name === undefined) break;
        return { name, bytes: Number(bytes) };
      }
      if (!(await this.#more())) {
        if (line === '') return null;
        break;
      }
    }
    throw new Error(`the machine sent a pack that cannot be read: ${JSON.stringify(line.slice(0, 100))}`);
  }

  /** A section's bytes, at most so many. */
  async take(bytes: number, most: number): Promise<Buffer> {
    if (bytes > most) throw new Error(`the machine sent ${bytes} bytes where at most ${most} can be`);
    const taken: Buffer[] = [];
    await this.pour(bytes, (chunk) => taken.push(chunk));
    return Buffer.concat(taken);
  }

  /** Hands the next bytes on as they come. */
  async pour(bytes: number, sink: (chunk: Buffer) => void): Promise<void> {
    for (let left = bytes; left > 0;) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new Error('the machine sent a pack that is cut off');
      const chunk = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(chunk.length);
      left -= chunk.length;
      sink(chunk);
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#rest = next.value;
    return true;
  }
}
