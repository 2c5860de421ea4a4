import { once } from 'node:events';
import type * as vscode from 'vscode';
import type { RunEvent } from '../../../shared/run/events.ts';
import { reduce } from '../../../shared/run/reduce.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import { decisionSummaries, summary, type DecisionSummary, type RunSummary } from '../../../shared/run/summary.ts';
import { ConnectionError } from '../problem/connection-error.ts';
import type { Connection } from '../connection/connection.ts';
import { Logs, retryMs } from './logs.ts';

/** Runs that are kept: more than a person scrolls through. The history asks for older ones itself. */
const keptRuns = 1_000;
/** What the API gives at once, at most. */
const pageSize = 500;
/** Runs that are read before the others: more than a window shows at once, and soon there. */
const firstPage = 50;
/** ms in which events are gathered before the views are told: below what a person can see, above a burst. */
const gatherMs = 10;

/** The newer of two summaries of one run: answers of the API and the feed overtake each other. */
export const newer = (before: RunSummary | undefined, run: RunSummary): RunSummary =>
  before !== undefined && before.seq >= run.seq ? before : run;

/**
 * What is known of the runs: summaries of all, brought up to date by shared's reducer over the feed. What that folds is asked for when
 * something happens to a run, and kept until it is over. Asking for anything connects to the runner, once.
 */
export class Runs implements vscode.Disposable {
  /** Ids of the runs that changed. */
  readonly onDidChange: vscode.Event<ReadonlySet<string>>;
  /** The newest are there to be listed; nothing can be said of all of them yet. */
  readonly onDidReadFirst: vscode.Event<void>;
  readonly #connection: Connection;
  readonly #log: Pick<vscode.LogOutputChannel, 'warn' | 'error'>;
  readonly #changes: vscode.EventEmitter<ReadonlySet<string>>;
  readonly #firsts: vscode.EventEmitter<void>;
  readonly #shown = new Map<string, RunSummary>();
  readonly #folded = new Map<string, RunState>();
  readonly #deleted = new Set<string>();
  /** Events of runs that are being asked for. */
  readonly #held = new Map<string, RunEvent[]>();
  readonly #logs: Logs;
  readonly #stop = new AbortController();
  /** The newest, while the others are read. */
  #first: readonly RunSummary[] | null = null;
  #begun = false;
  #leavesOut = false;
  #position = 0;
  /** The runner that all this is of: what another one has means nothing. Null: nothing has been read. */
  #source: string | null = null;
  #changed = new Set<string>();
  #telling: NodeJS.Timeout | null = null;

  constructor(
    connection: Connection,
    {
      log,
      changes,
      firsts,
    }: {
      readonly log: Pick<vscode.LogOutputChannel, 'warn' | 'error'>;
      /** Both are fired here and disposed of with this. */
      readonly changes: vscode.EventEmitter<ReadonlySet<string>>;
      readonly firsts: vscode.EventEmitter<void>;
    },
  ) {
    this.#connection = connection;
    this.#log = log;
    this.#changes = changes;
    this.#firsts = firsts;
    this.onDidChange = changes.event;
    this.onDidReadFirst = firsts.event;
    this.#logs = new Logs(async (input) => (await connection.api()).runs.events.query(input), log);
  }

  /** False until the first list has arrived. */
  get loaded(): boolean {
    return this.#source !== null;
  }

  /** Whether the runner has more than are kept here, all of them over. */
  get leavesOut(): boolean {
    return this.#leavesOut;
  }

  /** Newest first. */
  all(): readonly RunSummary[] {
    this.#begin();
    return [...this.#shown.values()].toSorted((a, b) => b.number - a.number);
  }

  /** What can be listed: all, and while they are read the newest of them. Newest first. */
  listed(): readonly RunSummary[] {
    const all = this.all();
    return this.#first ?? all;
  }

  get(id: string): RunSummary | undefined {
    this.#begin();
    return this.#shown.get(id);
  }

  /** Whether it was deleted, as far as this window has heard of it. */
  isDeleted(id: string): boolean {
    return this.#deleted.has(id);
  }

  /** It was deleted: nothing is known of it any more. */
  forget(id: string): void {
    this.#deleted.add(id);
    this.#shown.delete(id);
    this.#folded.delete(id);
    this.#held.delete(id);
    this.#tell(id);
  }

  /** Open decisions of all runs, in the order in which they run out. */
  decisions(): readonly DecisionSummary[] {
    this.#begin();
    return [...this.#shown.values()]
      .flatMap(decisionSummaries)
      .toSorted((a, b) => (a.request.expiresAt < b.request.expiresAt ? -1 : 1));
  }

  /** The whole log of a run, live: calls with its events, then with each new one, in order and once, until disposed. */
  follow(run: string, listener: (events: readonly RunEvent[]) => void): { dispose(): void } {
    this.#begin();
    return this.#logs.follow(run, listener);
  }

  /** Puts a state into the list that a call of the API answered with, ahead of the feed. */
  learn(state: RunState): void {
    const { id, seq } = state;
    const before = this.#shown.get(id)?.seq ?? 0;
    if (seq < before || this.#deleted.has(id)) return;
    if (isTerminal(state)) this.#folded.delete(id);
    else this.#folded.set(id, state);
    if (seq === before) return;
    this.#shown.set(id, summary(state));
    this.#forgetOldest(id);
    this.#tell(id);
  }

  dispose(): void {
    this.#stop.abort();
    this.#logs.dispose();
    if (this.#telling !== null) clearTimeout(this.#telling);
    this.#changes.dispose();
    this.#firsts.dispose();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#run().catch((error: unknown) => this.#log.error(error instanceof Error ? error : String(error)));
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      try {
        await this.#session();
        attempt = -1;
      } catch (error) {
        const known = error instanceof ConnectionError;
        if (!known) {
          this.#log.warn(`feed: ${String(error)}`);
          this.#connection.lost();
        }
        // What only a person can mend is not tried again until somebody has.
        await this.#untilRetry(known && error.trouble !== 'unreachable' ? null : retryMs(attempt));
      }
    }
  }

  /** One connection, from its beginning to its break. */
  async #session(): Promise<void> {
    const api = await this.#connection.api();
    const { state } = this.#connection;
    const source = state.status === 'connected' ? state.runner : (this.#source ?? '');
    if (source !== this.#source) await this.#load(source);
    const { subscribe } = await import('../../../shared/client/feed.ts');
    const broken = new AbortController();
    // A person may point to another runner while this one goes on.
    const elsewhere = this.#connection.onDidChangeState(({ status }) => {
      if (status === 'starting') broken.abort();
    });
    try {
      const signal = AbortSignal.any([this.#stop.signal, broken.signal]);
      for await (const event of subscribe(api, { run: null, after: this.#position }, signal)) this.#take(event);
    } finally {
      elsewhere.dispose();
    }
    if (!broken.signal.aborted) this.#connection.lost();
  }

  /** The newest runs, and of the older ones those that are not over. */
  async #load(source: string): Promise<void> {
    const { list } = (await this.#connection.api()).runs;
    const { runs, position, next: older } = await list.query({ limit: firstPage, archived: true });
    const found = [...runs];
    let before = older;
    if (before !== null) {
      this.#first = runs;
      this.#firsts.fire();
    }
    while (before !== null && found.length < keptRuns) {
      const limit = Math.min(pageSize, keptRuns - found.length);
      const page = await list.query({ limit, archived: true, before });
      found.push(...page.runs);
      before = page.next;
    }
    this.#leavesOut = before !== null;
    if (before !== null) found.push(...(await list.query({ status: 'open', limit: pageSize, before })).runs);
    this.#shown.clear();
    this.#folded.clear();
    this.#held.clear();
    this.#first = null;
    for (const run of found) this.#shown.set(run.id, run);
    this.#position = position;
    this.#source = source;
    this.#changes.fire(new Set(this.#shown.keys()));
  }

  #take(event: RunEvent): void {
    this.#position = event.position;
    this.#logs.take(event);
    if (event.body.type === 'run.deleted') return this.forget(event.run);
    const held = this.#held.get(event.run);
    if (held === undefined) this.#fold(event);
    else held.push(event);
  }

  #fold(event: RunEvent): void {
    if (event.seq <= (this.#shown.get(event.run)?.seq ?? 0)) return;
    const before = this.#folded.get(event.run);
    const state = event.seq === (before?.seq ?? 0) + 1 ? reduce(before, event) : undefined;
    if (state === undefined) void this.#ask(event);
    else this.learn(state);
  }

  /** What an event is about is not known, or not all that came before the event: the run is asked for. */
  async #ask(event: RunEvent): Promise<void> {
    const { run } = event;
    const held: RunEvent[] = [];
    this.#held.set(run, held);
    try {
      const api = await this.#connection.api();
      const state = await api.runs.get.query({ run });
      // Else those of another runner have been read meanwhile.
      if (this.#held.get(run) !== held) return;
      this.#held.delete(run);
      this.learn(state);
      for (const later of held) this.#fold(later);
    } catch (error) {
      if (this.#held.get(run) === held) this.#held.delete(run);
      this.#log.warn(`run ${run}: ${String(error)}`);
    }
  }

  /** A window that stays open for weeks must not keep all that is over. What comes of one that is forgotten is asked for. */
  #forgetOldest(except: string): void {
    if (this.#shown.size <= keptRuns) return;
    const over = this.all().filter((run) => isTerminal(run) && run.id !== except);
    for (const { id } of over.slice(keptRuns - this.#shown.size)) this.#leavesOut = this.#shown.delete(id);
  }

  #tell(run: string): void {
    this.#changed.add(run);
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      const changed = this.#changed;
      this.#changed = new Set();
      this.#changes.fire(changed);
    }, gatherMs);
  }

  /** Until the time is over (null: never), or somebody reconnects, or the window closes. */
  async #untilRetry(ms: number | null): Promise<void> {
    const again = new AbortController();
    const timer = ms === null ? undefined : setTimeout(() => again.abort(), ms);
    const listener = this.#connection.onDidChangeState(({ status }) => {
      if (status === 'connected') again.abort();
    });
    const end = AbortSignal.any([this.#stop.signal, again.signal]);
    if (!end.aborted) await once(end, 'abort');
    clearTimeout(timer);
    listener.dispose();
  }
}
