/** Numbers that a seed decides: the same seed, the same schedule. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // The first numbers of neighbouring seeds would look alike.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
    this.next();
  }

  /** From 0 up to but without 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from 0 up to but without `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** Mostly short, seldom very long: as waits are. */
  wait(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** One of its own for a part, so that what that part asks for moves nothing elsewhere. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }
}
