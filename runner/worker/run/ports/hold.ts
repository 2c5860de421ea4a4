import { uptime } from 'node:os';
import { LogGone } from './ports.ts';

/** Ms since the machine booted, sleep included, whatever becomes of the clock on the wall. To 10 ms. */
const sinceBoot = (): number => uptime() * 1000;

/** What of a lease its worker does not use: it stops itself before a fifth of it is left, and is killed before a tenth is. */
const unusedShare = 5;
const killedShare = 10;
/** A request takes no longer than this part of a lease, so that two of them may go unanswered before the lease is over. */
const requestShare = 3;
/** Ms that a timer may be late in a process that works: one that is later stood still, be it that the whole machine did. */
const lateMs = 250;
/** Before there is a lease: how long a request may take. */
const firstRequestMs = 5_000;

/** Both in ms since boot. */
export interface Deadlines {
  /** When the worker stops by itself. */
  readonly stop: number;
  /** When whoever watches it ends it. */
  readonly kill: number;
  /** When the control plane may give the run to another. */
  readonly end: number;
}

/**
 * A lease as its worker keeps it: by its own clock and from *before* the renewal was sent, so that it thinks the lease over before
 * the control plane can. `lapsed` fires then, with a `LogGone`, however little of the worker still moves; after it nothing
 * with a consequence may begin.
 *
 * One that stood still past that moment cannot know: the control plane may have stood still with it, as on a laptop that slept, and
 * then the run is still its own. It is in doubt for a short while, in which it may ask and append, for that is the control plane's
 * to refuse, and may begin nothing else.
 */
export class Hold implements Disposable {
  readonly #lapse = new AbortController();
  readonly #now: () => number;
  readonly #renewals: ((deadlines: Deadlines) => void)[] = [];
  #leaseMs: number | null = null;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Until when the doubt may last, in ms since boot; null: there is none. */
  #doubtUntil: number | null = null;
  #sure = Promise.withResolvers<void>();

  constructor(now: () => number = sinceBoot) {
    this.#now = now;
  }

  /** Told with each renewal until when the worker may go on. */
  onRenewal(listener: (deadlines: Deadlines) => void): void {
    this.#renewals.push(listener);
    if (this.#leaseMs !== null) listener(this.#deadlines(this.#leaseMs));
  }

  get lapsed(): AbortSignal {
    return this.#lapse.signal;
  }

  /** How long one request may take. */
  get requestMs(): number {
    return this.#leaseMs === null ? firstRequestMs : this.#leaseMs / requestShare;
  }

  /** Whether there is a lease, be it over or not. */
  get begun(): boolean {
    return this.#leaseMs !== null;
  }

  now(): number {
    return this.#now();
  }

  /** The lease was given, for `leaseMs` from when it was asked for. */
  begin(sent: number, leaseMs: number): void {
    this.#leaseMs = leaseMs;
    this.renewed(sent);
  }

  /** The control plane answered what was sent then, so it counts from then at the earliest. What is over stays over. */
  renewed(sent: number): void {
    if (this.#leaseMs === null || this.#lapse.signal.aborted) return;
    this.#sent = Math.max(this.#sent, sent);
    if (this.#doubtUntil !== null && this.#deadlines(this.#leaseMs).stop > this.#now()) {
      this.#doubtUntil = null;
      this.#sure.resolve();
    }
    this.#look();
    if (this.#lapse.signal.aborted) return;
    for (const listener of this.#renewals) listener(this.#deadlines(this.#leaseMs));
  }

  /** Throws `LogGone` if the lease is over: to be asked before what the control plane refuses to one whose run is another's. */
  check(): void {
    this.#look();
    this.#lapse.signal.throwIfAborted();
  }

  /** The same, before anything with a consequence, as this process may have stood still: in doubt it waits until there is none. */
  async sure(): Promise<void> {
    this.check();
    if (this.#doubtUntil !== null) await this.#sure.promise;
    this.#lapse.signal.throwIfAborted();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #deadlines(leaseMs: number): Deadlines {
    const end = this.#sent + leaseMs;
    return { stop: end - leaseMs / unusedShare, kill: end - leaseMs / killedShare, end };
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#leaseMs === null || this.#lapse.signal.aborted) return;
    const now = this.#now();
    const { stop, end } = this.#deadlines(this.#leaseMs);
    if (this.#doubtUntil === null && now - stop > lateMs) {
      this.#doubtUntil = Math.max(end, now + this.#leaseMs / unusedShare);
      this.#sure = Promise.withResolvers();
    }
    const left = (this.#doubtUntil ?? stop) - now;
    if (left > 0) {
      this.#timer = setTimeout(() => this.#look(), left);
      return;
    }
    this.#sure.resolve();
    const silentMs = now - this.#sent;
    this.#lapse.abort(
      new LogGone(
        `the lease could not be kept: its last renewal was ${(silentMs / 1000).toFixed(1)} s ago, of ${this.#leaseMs / 1000} s that it lasts`,
      ),
    );
  }
}
