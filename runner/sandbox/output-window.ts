export interface WindowedOutput {
  readonly output: string;
  /** All bytes that came, kept or not. */
  readonly outputBytes: number;
  readonly truncated: boolean;
}

/**
 * Keeps the first and the last half of a stream within `maxBytes`, so that memory stays bounded whatever a command prints.
 * The cut never splits a character; bytes that are no UTF-8 become U+FFFD.
 */
export class OutputWindow {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  readonly #head: Buffer[] = [];
  #headLength = 0;
  #tail: Buffer[] = [];
  #tailLength = 0;
  #total = 0;

  constructor(maxBytes: number) {
    this.#headBytes = Math.floor(maxBytes / 2);
    this.#tailBytes = maxBytes - this.#headBytes;
  }

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    const forHead = chunk.subarray(0, this.#headBytes - this.#headLength);
    if (forHead.length > 0) {
      this.#head.push(forHead);
      this.#headLength += forHead.length;
    }
    const forTail = chunk.subarray(forHead.length).subarray(-this.#tailBytes || chunk.length);
    if (forTail.length === 0) return;
    this.#tail.push(forTail);
    this.#tailLength += forTail.length;
    // Compacting only at twice the size keeps many small writes linear.
    if (this.#tailLength > 2 * this.#tailBytes + 65_536) this.#compact();
  }

  /** Counts bytes that were cut before they got here. */
  skip(bytes: number): void {
    this.#total += bytes;
  }

  /** What is left; to be asked once the stream has ended. */
  read(): WindowedOutput {
    this.#compact();
    const head = Buffer.concat(this.#head);
    const tail = this.#tail[0] ?? Buffer.alloc(0);
    const outputBytes = this.#total;
    if (head.length + tail.length === outputBytes) {
      return { output: Buffer.concat([head, tail]).toString('utf8'), outputBytes, truncated: false };
    }
    const start = head.subarray(0, wholeCharacters(head));
    const rest = tail.subarray(leadingContinuation(tail));
    const cut = outputBytes - start.length - rest.length;
    return {
      output: `${start.toString('utf8')}\n[${cut} bytes cut]\n${rest.toString('utf8')}`,
      outputBytes,
      truncated: true,
    };
  }

  #compact(): void {
    const all = Buffer.concat(this.#tail);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.#tailBytes)));
    this.#tail = [kept];
    this.#tailLength = kept.length;
  }
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** Length of the prefix that ends with a whole character. A character has at most 4 bytes. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function leadingContinuation(bytes: Buffer): number {
  let count = 0;
  while (count < Math.min(3, bytes.length) && isContinuation(bytes[count] ?? 0)) count += 1;
  return count;
}
