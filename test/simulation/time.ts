import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import type { Process } from './process.ts';
import type { Random } from './random.ts';

/** The first moment of every schedule, ms since the epoch. */
export const beginning = Date.UTC(2026, 0, 1);

interface Entry {
  readonly at: number;
  /** Of those of one moment the one that was asked for first comes first. */
  readonly order: number;
  readonly owner: Process | null;
  readonly run: () => void;
  cancelled: boolean;
}

const setImmediately = globalThis.setImmediate;
const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  pause: timers.setTimeout,
  random: Math.random,
  // These are functions of no `this`.
  dateNow: Date.now,
  performanceNow: performance.now.bind(performance),
};

/**
 * The only clock and the only scheduler of a simulation. What happens is an entry in it; between two entries everything
 * that can go on without time passing has gone on. So a schedule is a sequence of micro-steps that a seed decides.
 */
export class VirtualTime {
  /** The true time, ms since the epoch; a process may have a wrong clock. */
  now = beginning;
  readonly #owners = new AsyncLocalStorage<Process>();
  readonly #ways = new WeakMap<Process, ReturnType<typeof AsyncLocalStorage.snapshot>>();
  readonly #outside = AsyncLocalStorage.snapshot();
  #entries: Entry[] = [];
  #order = 0;
  /** Of every step that was taken: when, in whose name, and which of all that were ever asked for. */
  readonly #ears = new Set<() => void>();
  #trace = 0;

  /** The process in whose name the code that asks is running; null: it is the world's. */
  get current(): Process | null {
    return this.#owners.getStore() ?? null;
  }

  in<Value>(process: Process, run: () => Value): Value {
    let enter = this.#ways.get(process);
    if (enter === undefined) {
      // To go back to a context costs a fraction of making one.
      enter = this.#owners.run(process, () => AsyncLocalStorage.snapshot());
      this.#ways.set(process, enter);
    }
    return enter(run);
  }

  /** Has something happen later, in the name of `owner`. Returns the way to call it off. */
  after(ms: number, owner: Process | null, run: () => void): () => void {
    const at = this.now + Math.max(0, Math.round(ms));
    const entry: Entry = { at, order: (this.#order += 1), owner, run, cancelled: false };
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      // The next one is the last of the array: so taking it out moves nothing.
      if (other !== undefined && other.at > at) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    return () => {
      entry.cancelled = true;
    };
  }

  /**
   * Has a signal listened to until it fires, the way back is taken, or this is over. Node keeps a signal that is made of others for as
   * long as somebody listens to it, and who listens in a process that was killed never stops: with them it would keep the whole schedule.
   */
  onAbort(signal: AbortSignal, listener: () => void): () => void {
    const off = (): void => {
      signal.removeEventListener('abort', heard);
      this.#ears.delete(off);
    };
    const heard = (): void => {
      off();
      listener();
    };
    signal.addEventListener('abort', heard);
    this.#ears.add(off);
    return off;
  }

  /** One micro-step; false: nothing is left to happen. */
  async step(): Promise<boolean> {
    let entry = this.#entries.pop();
    while (entry?.cancelled === true) entry = this.#entries.pop();
    if (entry === undefined) return false;
    this.now = entry.at;
    const { owner, run, order } = entry;
    this.#trace = mixed(mixed(this.#trace, entry.at - beginning), order);
    for (const letter of owner?.name ?? '') this.#trace = mixed(this.#trace, letter.charCodeAt(0));
    if (owner === null) this.#outside(run);
    else owner.deliver(() => this.in(owner, run));
    await settled();
    return true;
  }

  /** A number that is another one as soon as another step was taken. */
  get trace(): number {
    return this.#trace;
  }

  /** Lets a stopped process go on: what came meanwhile comes now, piece by piece. */
  goOn(process: Process): void {
    for (const run of process.goOn()) this.after(0, process, run);
  }

  /** Clock and timers of the code under test are this one's until it is disposed of. */
  install(random: Random): Disposable {
    const clock = () => Math.round(this.now + (this.current?.skewMs ?? 0));
    const start = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer =>
      new Timer(this.after(Math.max(1, ms), this.current, () => run(...args)));
    const repeat = (run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): Timer => {
      const owner = this.current;
      const again = (): (() => void) =>
        this.after(Math.max(1, ms), owner, () => {
          timer.off = again();
          run(...args);
        });
      const timer = new Timer(again());
      return timer;
    };
    const end = (timer: unknown): void => {
      if (timer instanceof Timer) timer.off();
    };
    const pause = (ms = 1, value?: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const deaf =
          signal === undefined
            ? (): void => {}
            : this.onAbort(signal, () => {
                off();
                reject(signal.reason);
              });
        const off = this.after(Math.max(1, ms), this.current, () => {
          deaf();
          resolve(value);
        });
      });
    // safe: of these the code under test uses what is here
    const fakes = {
      setTimeout: start,
      clearTimeout: end,
      setInterval: repeat,
      clearInterval: end,
    } as unknown as object;
    Object.assign(globalThis, fakes);
    Object.assign(timers, { setTimeout: pause });
    syncBuiltinESMExports();
    Date.now = clock;
    performance.now = () => this.now - beginning;
    // A number of its own: what is drawn there once in a process (an id, a salt) is no part of the schedule.
    Math.random = () => random.next();
    return {
      [Symbol.dispose]: () => {
        uninstall();
        for (const off of this.#ears) off();
      },
    };
  }
}

/** FNV-1a, with whole numbers for bytes. */
const mixed = (sum: number, next: number): number => Math.imul(sum ^ next, 0x01000193) >>> 0;

const uninstall = (): void => {
  const { pause, random, dateNow, performanceNow, ...globals } = real;
  Object.assign(globalThis, globals);
  Object.assign(timers, { setTimeout: pause });
  syncBuiltinESMExports();
  Date.now = dateNow;
  performance.now = performanceNow;
  Math.random = random;
};

class Timer {
  off: () => void;
  constructor(off: () => void) {
    this.off = off;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  [Symbol.dispose](): void {
    this.off();
  }
}

/** Everything that needs no time has happened: all promises. Nothing in a schedule waits for anything else. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediately(resolve));
