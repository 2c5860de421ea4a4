import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunState } from '../../../shared/run/state.ts';
import type { Longhaul } from '../longhaul.ts';
import { ConnectionError } from '../problem/connection-error.ts';
import { slowMs } from '../runs/pending.ts';

type Runner = Pick<Longhaul, 'runs' | 'connection' | 'pending'>;
type Api = Awaited<ReturnType<Runner['connection']['api']>>;

/**
 * Asks the runner for something that a run's new state comes of; the lists show it ahead of the feed. An answer that takes more than a second
 * is waited for where a person sees it, and until it is there nothing more is asked about that run. Throws ConnectionError, and what the API throws.
 */
export const change = async (
  { runs, connection, pending }: Runner,
  run: string,
  ask: (api: Api) => Promise<RunState>,
): Promise<RunState> => {
  using asked = pending.begin(run);
  if (asked === null)
    throw new ConnectionError(
      'refused',
      t('The runner has not answered yet to what was asked about this run before.'),
      t('What was asked stays asked; wait for the answer.'),
    );
  const answer = connection.api().then(ask);
  const told = setTimeout(() => tellWaiting(answer), slowMs);
  try {
    const state = await answer;
    runs.learn(state);
    return state;
  } finally {
    clearTimeout(told);
  }
};

const tellWaiting = (answer: Promise<unknown>): void =>
  void vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Longhaul: waiting for the runner…') },
    // What went wrong is shown by whoever asked.
    () => answer.catch(() => {}),
  );
