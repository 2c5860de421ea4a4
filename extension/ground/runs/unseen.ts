import * as vscode from 'vscode';
import { Seen, unseenEnds, withSeen, type End } from './ends.ts';
import type { Runs } from './runs.ts';

const key = 'longhaul.seenEnds';

/** Ends that nobody has seen yet, in any window: what was seen is kept in the global state, which all windows share. */
export class UnseenEnds implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Some were seen in this window. */
  readonly onDidChange = this.#changed.event;
  readonly #runs: Runs;
  readonly #kept: vscode.Memento;
  /** Where nothing can be read of what is kept, ends from before this were never news. */
  readonly #begun = new Date().toISOString();

  constructor(runs: Runs, kept: vscode.Memento) {
    this.#runs = runs;
    this.#kept = kept;
    if (kept.get(key) === undefined) void kept.update(key, this.#seen());
  }

  /** The last first. Asks for the runs, which connects. */
  all(): readonly End[] {
    return unseenEnds(this.#runs.all(), this.#seen(), Date.now());
  }

  /** A person has seen the end of this run, if it has one. */
  see(run: string): void {
    this.#see(this.all().filter(({ id }) => id === run));
  }

  seeAll(): void {
    this.#see(this.all());
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #see(ends: readonly End[]): void {
    if (ends.length === 0) return;
    void this.#kept.update(key, withSeen(this.#seen(), ends, Date.now()));
    this.#changed.fire();
  }

  #seen(): Seen {
    return Seen.safeParse(this.#kept.get(key)).data ?? { since: this.#begun, ends: {} };
  }
}
