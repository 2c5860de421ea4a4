import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { Applied, type ApplyInput } from '../../../shared/api/runner-api.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { chooseRepository } from '../../ground/repository/choose-repository.ts';

/** Where a result is to be applied: by a runner of this machine in the run's repository, or from here for one elsewhere. */
export interface Target {
  /** Absolute path of the work tree on this machine. */
  readonly repository: string;
  /** Address of a runner elsewhere. */
  readonly elsewhere: string | null;
}

/** Null: the person chose none. Throws ConnectionError. */
export const targetOf = async (
  { connection }: Longhaul,
  { task }: Pick<RunSummary, 'task'>,
): Promise<Target | null> => {
  await connection.api();
  const { state } = connection;
  if (state.status !== 'connected' || state.local) return { repository: task.repository, elsewhere: null };
  const chosen = await chooseRepository([]);
  if (chosen.outcome === 'dismissed') return null;
  if (chosen.outcome === 'failed') throw new ConnectionError('refused', chosen.message, chosen.remedy);
  return { repository: chosen.root, elsewhere: state.url };
};

/** Applies a result, or takes it back. Throws ConnectionError and what the API throws. */
export const perform = async (
  longhaul: Longhaul,
  { repository, elsewhere }: Target,
  { run, how }: Pick<ApplyInput, 'run' | 'how'>,
): Promise<Applied> =>
  vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: how.kind === 'undo' ? t('Taking it back') : t('Applying'),
    },
    async (progress) => {
      if (elsewhere === null) {
        const api = await longhaul.connection.api();
        return api.runs.applyChanges.mutate({ run, how });
      }
      const { runCommand } = await import('../../ground/connection/elsewhere.ts');
      const answer = await runCommand(longhaul.extension, elsewhere, {
        words: ['apply', run, '--how', '--repo', repository],
        input: how,
        tell: (line) => {
          longhaul.log.info(line);
          progress.report({ message: line });
        },
      });
      return Applied.parse(answer);
    },
  );
