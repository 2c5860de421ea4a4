import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Principal, RunInput } from '../../../shared/api/runner-api.ts';
import { isResumable, pausedBy, type RunState } from '../../../shared/run/state.ts';
import { asPerson, commandRun, refused, runOf, type ControlPlane } from './plane.ts';

/** Its worker learns of it with the next answer that it gets, and parks the run before its next step. Whoever was faster had the same wish. */
export const pause = async (plane: ControlPlane, caller: Principal, { run }: RunInput): Promise<RunState> => {
  const state = await runOf(plane, asPerson(caller), run);
  if (pausedBy(state) !== null) return state;
  return commandRun(plane, caller, { run, command: (by) => ({ kind: 'pause', by }) });
};

/** Has a run that was paused, failed or was cancelled go on from where it was. Throws RefusedError where what it had is gone. */
export const retry = async (plane: ControlPlane, caller: Principal, { run }: RunInput): Promise<RunState> => {
  const state = await runOf(plane, asPerson(caller), run);
  const gone = isResumable(state) ? await whatIsGone(plane, state) : null;
  if (gone !== null)
    throw refused(
      'conflict',
      `Run ${state.number} cannot be resumed: ${gone}.`,
      'Delegate the task again. How long they are kept is the setting retention.treeDays.',
    );
  return commandRun(plane, caller, { run, command: (by) => ({ kind: 'resume', by }) });
};

/** Null: all that its next worker needs is there. */
const whatIsGone = async (plane: ControlPlane, state: RunState): Promise<string | null> => {
  const { store, home, keep } = plane;
  const { tree, task } = state;
  const prepared = tree.status === 'prepared';
  if (prepared && (await exists(join(home.run(state.id), 'checkpoints.git')))) return null;
  // Where no two activations share a disk, the next worker makes the tree anew from what was uploaded.
  if (prepared && keep === 'local') return 'its tree and its checkpoints are not kept any more';
  const changed = prepared && tree.head.commit !== tree.base.commit;
  if (changed && tree.bundles.length === 0) return 'its checkpoints are on another machine';
  for (const { blob } of changed ? tree.bundles : [])
    if (!(await store.runHasBlob(state.id, blob))) return 'its checkpoints are not kept any more';
  const { source } = task;
  const there =
    source.kind === 'remote' ||
    (source.kind === 'local' ? await exists(source.gitDirectory) : await store.runHasBlob(state.id, source.blob));
  return there ? null : 'the snapshot that it began with is not kept any more';
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
