import * as vscode from 'vscode';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { historyRow, type HistoryRow } from '../../../shared/run/statistics.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { newer } from '../../ground/runs/runs.ts';

/** As many as the API gives at once. */
const pageSize = 500;

/** Every run as its history tells it: read once, then kept up with the feed. */
export class HistoryRows implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #longhaul: Longhaul;
  readonly #states = new Map<string, RunSummary>();
  readonly #subscription: vscode.Disposable;
  #loading: Promise<void> | null = null;

  constructor(longhaul: Longhaul) {
    this.#longhaul = longhaul;
    this.#subscription = longhaul.runs.onDidChange((runs) => this.#update(runs));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  /** Reads all runs, once. Throws as the connection does. */
  async load(): Promise<void> {
    this.#loading ??= this.#readAll().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    await this.#loading;
  }

  /** Newest first. */
  all(): readonly HistoryRow[] {
    return [...this.#states.values()].toSorted((a, b) => b.number - a.number).map((state) => historyRow(state));
  }

  async #readAll(): Promise<void> {
    const api = await this.#longhaul.connection.api();
    let before: number | null = null;
    do {
      const page: { runs: readonly RunSummary[]; next: number | null } = await api.runs.list.query({
        limit: pageSize,
        before,
      });
      // The feed goes on while pages are read: what it brought meanwhile is newer.
      for (const state of page.runs) this.#states.set(state.id, newer(this.#states.get(state.id), state));
      before = page.next;
    } while (before !== null);
  }

  #update(runs: ReadonlySet<string>): void {
    if (this.#loading === null) return;
    for (const run of runs) {
      const state = this.#longhaul.runs.get(run);
      if (state !== undefined) this.#states.set(run, newer(this.#states.get(run), state));
    }
    this.#changed.fire();
  }
}
