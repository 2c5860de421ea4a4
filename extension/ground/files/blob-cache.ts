/** Keeps the contents that were read last, up to a number of bytes. Asking twice at once reads once; a failure is not kept. */
export class BlobCache {
  readonly #read: (run: string, blob: string) => Promise<Uint8Array>;
  readonly #limit: number;
  /** The longest unused first. */
  readonly #kept = new Map<string, Uint8Array>();
  readonly #reading = new Map<string, Promise<Uint8Array>>();
  #bytes = 0;

  constructor(read: (run: string, blob: string) => Promise<Uint8Array>, limit: number) {
    this.#read = read;
    this.#limit = limit;
  }

  async get(run: string, blob: string): Promise<Uint8Array> {
    const key = `${run} ${blob}`;
    const found = this.#kept.get(key);
    if (found === undefined) {
      const reading = this.#reading.get(key) ?? this.#start(key, this.#read(run, blob));
      this.#reading.set(key, reading);
      return reading;
    }
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found;
  }

  async #start(key: string, reading: Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      const content = await reading;
      this.#keep(key, content);
      return content;
    } finally {
      this.#reading.delete(key);
    }
  }

  #keep(key: string, content: Uint8Array): void {
    if (content.length > this.#limit) return;
    this.#kept.set(key, content);
    this.#bytes += content.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}
