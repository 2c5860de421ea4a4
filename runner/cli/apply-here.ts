import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, Trouble } from '../../shared/trouble.ts';
import type { Applied, ApplyInput } from '../../shared/api/runner-api.ts';
import type { RunState } from '../../shared/run/state.ts';
import type { Api } from './connection/client.ts';
import { applyResult, countsOf } from '../machine/repository/apply-result.ts';
import { openSource } from '../machine/repository/open-source.ts';
import type { CommandContext } from './context.ts';

/**
 * Brings the result of a run that a runner elsewhere has into a repository of this machine, and tells the runner. What is kept
 * to take it back lies below this machine's home. Throws Trouble where nothing was done.
 */
export const applyHere = async (
  { home, note }: CommandContext,
  api: Api,
  {
    state,
    repository,
    how,
  }: { readonly state: RunState; readonly repository: string; readonly how: ApplyInput['how'] },
): Promise<Applied> => {
  const { id, task } = state;
  const undoFolder = join(home, 'applied', id);
  await mkdir(undoFolder, { recursive: true, mode: 0o700 });
  const done = await applyResult(
    {
      run: id,
      title: task.title,
      policy: task.policy,
      repository,
      source: task.source,
      undoFolder,
      changes: how.kind === 'undo' ? null : (await api.call.runs.diff.query({ run: id })).changes,
      read: async (hash) => {
        const content = await api.blob(id, hash);
        if (content !== null) return Buffer.from(content);
        throw new Trouble(`The runner no longer has a file of run ${state.number}.`, {
          remedy: 'Delegate the task again.',
        });
      },
      openSource: () => openSource(task.source, { repository, fetch: (hash, file) => api.download(id, hash, file) }),
    },
    how,
  );
  if (done.outcome === 'refused') throw new Trouble(done.reason, { remedy: done.remedy, code: 'conflict' });
  const { applied, onRecord } = done;
  if (onRecord) {
    const { how: done, target } = applied;
    await api.call.runs.recordApplied
      .mutate({ run: id, how: done, target, ...countsOf(applied) })
      .catch((error: unknown) =>
        note(`It was done, but the runner could not put it on record: ${errorMessage(error)}`),
      );
  }
  return applied;
};
