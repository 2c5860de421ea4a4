import * as vscode from 'vscode';
import type { RunEvent } from '../../shared/run/events.ts';
import { isTerminal, type RunState } from '../../shared/run/state.ts';
import { historyRow, reviewTime, type HistoryRow } from '../../shared/run/statistics.ts';
import type { Longhaul } from '../context.ts';

/** As many as the API gives at once. */
const pageSize = 500;
const eventsAtOnce = 1000;
/** Runs whose logs are read for the time to review, newest first: what is older is not measured, and the panel says so. */
const measuredRuns = 300;
/** Logs that are read at the same time. */
const readers = 4;

/** Every run as its history tells it: read once, then kept up with the feed. */
export class HistoryRows implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly longhaul: Longhaul;
  private readonly states = new Map<string, RunState>();
  /** By run and the number of its last event, so that a run is measured again when it went on. */
  private readonly reviews = new Map<string, number | null>();
  private readonly subscription: vscode.Disposable;
  private loading: Promise<void> | null = null;
  private measuring: Promise<void> = Promise.resolve();

  constructor(longhaul: Longhaul) {
    this.longhaul = longhaul;
    this.subscription = longhaul.runs.onDidChange((runs) => this.update(runs));
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  /** Reads all runs, once. Throws as the connection does. */
  async load(): Promise<void> {
    this.loading ??= this.readAll().catch((error: unknown) => {
      this.loading = null;
      throw error;
    });
    await this.loading;
  }

  /** Newest first. */
  all(): readonly HistoryRow[] {
    return [...this.states.values()]
      .toSorted((a, b) => b.number - a.number)
      .map((state) => historyRow(state, this.reviews.get(key(state)) ?? null));
  }

  /** Resolves when the time to review of the runs that are known now is measured. */
  async measured(): Promise<void> {
    await this.measuring;
  }

  private async readAll(): Promise<void> {
    const api = await this.longhaul.connection.api();
    let before: number | null = null;
    do {
      const page: { runs: readonly RunState[]; next: number | null } = await api.runs.list.query({
        limit: pageSize,
        before,
      });
      for (const state of page.runs) this.states.set(state.id, state);
      before = page.next;
    } while (before !== null);
    this.measure();
  }

  private update(runs: ReadonlySet<string>): void {
    if (this.loading === null) return;
    for (const run of runs) {
      const state = this.longhaul.runs.get(run);
      if (state !== undefined) this.states.set(run, state);
    }
    this.changed.fire();
    this.measure();
  }

  /** Reads the logs of what was judged and is not measured yet, in the background. */
  private measure(): void {
    this.measuring = this.measuring
      .then(() => this.measureAll())
      .catch((error: unknown) => {
        this.longhaul.log.warn(`The time to review could not be measured: ${String(error)}`);
      });
  }

  private async measureAll(): Promise<void> {
    const waiting = [...this.states.values()]
      .filter((state) => isTerminal(state) && state.result !== null)
      .toSorted((a, b) => b.number - a.number)
      .slice(0, measuredRuns)
      .filter((state) => !this.reviews.has(key(state)));
    if (waiting.length === 0) return;
    const next = waiting.values();
    const reader = async (): Promise<void> => {
      for (const state of next) this.reviews.set(key(state), reviewTime(await this.log(state.id)));
    };
    await Promise.all(Array.from({ length: readers }, reader));
    this.changed.fire();
  }

  private async log(run: string): Promise<readonly RunEvent[]> {
    const api = await this.longhaul.connection.api();
    const events: RunEvent[] = [];
    for (;;) {
      const page = await api.runs.events.query({ run, after: events.at(-1)?.seq ?? 0, limit: eventsAtOnce });
      events.push(...page);
      if (page.length < eventsAtOnce) return events;
    }
  }
}

const key = ({ id, seq }: RunState): string => `${id} ${seq}`;
