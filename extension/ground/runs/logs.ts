import { setTimeout as pause } from 'node:timers/promises';
import type { LogOutputChannel } from 'vscode';
import type { RunEvent } from '../../../shared/run/events.ts';

/** Events of a run after a sequence number, in order; fewer than asked for where there are no more. */
export type ReadLog = (input: {
  readonly run: string;
  readonly after: number;
  readonly limit: number;
}) => Promise<readonly RunEvent[]>;

/** What the API gives at once. */
const pageSize = 500;

/** ms between attempts to reach a runner that is away. */
export const retryMs = (attempt: number): number => [250, 500, 1_000, 2_000, 5_000][attempt] ?? 10_000;

/** Somebody who is told a run's log. */
interface Follower {
  readonly run: string;
  readonly listener: (events: readonly RunEvent[]) => void;
  /** Of the last event that they were told. */
  seq: number;
  /** Events that came while the log is being read; null: it is read. */
  held: RunEvent[] | null;
}

/** The whole logs of the runs that somebody looks at, live: what is read at first, and what the feed brings. */
export class Logs {
  readonly #read: ReadLog;
  readonly #log: Pick<LogOutputChannel, 'warn'>;
  readonly #followers = new Set<Follower>();

  constructor(read: ReadLog, log: Pick<LogOutputChannel, 'warn'>) {
    this.#read = read;
    this.#log = log;
  }

  /** Calls with a run's events, then with each new one, in order and once, until disposed of. */
  follow(run: string, listener: Follower['listener']): { dispose(): void } {
    const follower: Follower = { run, listener, seq: 0, held: null };
    this.#followers.add(follower);
    void this.#catchUp(follower, []);
    return { dispose: () => this.#followers.delete(follower) };
  }

  /** An event of the feed: in any order, and more than once. */
  take(event: RunEvent): void {
    for (const follower of this.#followers) {
      if (follower.run !== event.run) continue;
      if (follower.held === null) this.#give(follower, [event]);
      else follower.held.push(event);
    }
  }

  dispose(): void {
    this.#followers.clear();
  }

  /** Reads what a follower lacks, again and again until it is there or nobody follows any more. */
  async #catchUp(follower: Follower, held: readonly RunEvent[]): Promise<void> {
    follower.held = [...held];
    for (let attempt = 0; follower.held !== null && this.#followers.has(follower); attempt += 1)
      try {
        await this.#readOn(follower);
        const came: readonly RunEvent[] = follower.held;
        follower.held = null;
        this.#give(follower, came);
        return;
      } catch (error) {
        this.#log.warn(`log of ${follower.run}: ${String(error)}`);
        await pause(retryMs(attempt));
      }
  }

  async #readOn(follower: Follower): Promise<void> {
    for (;;) {
      const events = await this.#read({ run: follower.run, after: follower.seq, limit: pageSize });
      this.#give(follower, events);
      if (events.length < pageSize || !this.#followers.has(follower)) return;
    }
  }

  /** Tells what is new and follows on what was told; where events between were not seen, those are read first. */
  #give(follower: Follower, events: readonly RunEvent[]): void {
    const fresh: RunEvent[] = [];
    for (const event of events) if (event.seq === follower.seq + fresh.length + 1) fresh.push(event);
    follower.seq += fresh.length;
    if (fresh.length > 0 && this.#followers.has(follower)) follower.listener(fresh);
    if (follower.held === null && events.some(({ seq }) => seq > follower.seq)) void this.#catchUp(follower, events);
  }
}
