import * as vscode from 'vscode';
import type { DecisionSummary, RunSummary } from '../../../shared/run/summary.ts';
import type { Longhaul } from '../longhaul.ts';
import { say } from '../problem/offer.ts';
import { oneLine } from '../text/one-line.ts';
import { detailOf, expiry } from '../text/text.ts';
import { runArgument } from '../runs/argument.ts';

/** What of the runner's is asked for here. */
type Known = Pick<Longhaul, 'runs' | 'connection'>;

export interface RunChoice {
  readonly title: string;
  /** What is said where there is none. */
  readonly none: string;
  /** Those to choose among, as they are listed; left out: all, newest first. */
  readonly among?: (states: readonly RunSummary[]) => readonly RunSummary[];
  /** What to ask the runner for while the runs are not here yet; left out: any. */
  readonly status?: 'open';
}

/** Lets a person choose a run. Undefined: they did not, or there is none. */
export const pickRun = async (
  { runs, connection }: Known,
  { title, none, among = (states) => states, status }: RunChoice,
): Promise<RunSummary | undefined> => {
  const api = await connection.api();
  const known = runs.loaded ? runs.all() : (await api.runs.list.query({ limit: 200, ...(status && { status }) })).runs;
  const rows = among(known).map((state) => ({
    label: state.task.title,
    description: `#${state.number} · ${state.status}`,
    detail: detailOf(state),
    state,
  }));
  return (await pick(rows, title, none))?.state;
};

/** A run as it is known here, or else to the runner. */
export const stateOf = async ({ runs, connection }: Known, run: string): Promise<RunSummary> =>
  runs.get(run) ?? (await (await connection.api()).runs.get.query({ run }));

/** The run that a command is called for: a row's, or one that the person chooses. */
export const runFor = async (known: Known, argument: unknown, choice: RunChoice): Promise<RunSummary | undefined> => {
  const run = runArgument(argument);
  return run === null ? pickRun(known, choice) : stateOf(known, run);
};

/** What waits for a person now. */
export const openDecisions = async ({ runs, connection }: Known): Promise<readonly DecisionSummary[]> =>
  runs.loaded ? runs.decisions() : (await connection.api()).decisions.list.query();

/** Lets a person choose one of these decisions. Undefined: they did not, or there is none. */
export const pickDecision = async (
  decisions: readonly DecisionSummary[],
  { title, none }: Pick<RunChoice, 'title' | 'none'>,
): Promise<DecisionSummary | undefined> => {
  const rows = decisions.map((summary) => ({
    label: oneLine(summary.request.action, 120),
    description: expiry(summary.request.expiresAt, Date.now()),
    detail: summary.title,
    summary,
  }));
  return (await pick(rows, title, none))?.summary;
};

const pick = async <Row extends vscode.QuickPickItem>(
  rows: readonly Row[],
  title: string,
  none: string,
): Promise<Row | undefined> => {
  if (rows.length > 0)
    return vscode.window.showQuickPick(rows, { title, matchOnDescription: true, matchOnDetail: true });
  say(none);
  return undefined;
};
