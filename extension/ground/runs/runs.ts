import type * as vscode from 'vscode';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';

/** What is known of the runs: shared's reducer over the feed. Asking for anything connects to the runner, once. */
export interface Runs extends vscode.Disposable {
  /** Ids of the runs that changed. */
  readonly onDidChange: vscode.Event<ReadonlySet<string>>;
  /** False until the first list has arrived. */
  readonly loaded: boolean;
  /** Newest first. */
  all(): readonly RunState[];
  get(id: string): RunState | undefined;
  /** Open decisions of all runs, oldest first. */
  decisions(): readonly DecisionSummary[];
  /** The whole log of a run, live: calls with its events, then with each new one, in order and once, until disposed. */
  follow(run: string, listener: (events: readonly RunEvent[]) => void): vscode.Disposable;
  /** Puts a state into the list that a call of the API answered with, ahead of the feed. */
  learn(state: RunState): void;
}
