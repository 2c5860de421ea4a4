import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import type { WorkerEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { StepContext } from '../ports.ts';
import { SourceRefused } from '../workspace/workspace.ts';
import { setUpAgain } from './command.ts';

/**
 * Comes before the first step of an activation: makes the tree on this machine the one that the log is about. Where the
 * activation before this one worked here, it is. Else the source, the setup and the uploaded checkpoints give it, whatever this
 * machine still has from longer ago; ignored files that came neither from the setup nor with the source are not there then.
 *
 * Killed in its middle it begins anew: the visit is recorded last. Throws SourceRefused.
 */
export const arrive = async (context: StepContext): Promise<readonly WorkerEvent[]> => {
  const { state, ports, signal } = context;
  const visited = await ports.visits.last();
  // A run that stays on its machine has no record of visits, unless it came out of a back-up: then its tree may be of another time.
  if (ports.keep === 'local' && state.bundles.length === 0 && visited === null) return [];
  const { base, head } = state;
  if (base === null || head === null || visited === state.fence - 1) {
    await ports.visits.record(state.fence);
    return [];
  }
  const started = ports.clock.now();
  const failedSetup = await rebuild(context, base, head);
  if (signal.aborted) return [];
  await ports.visits.record(state.fence);
  const durationMs = Math.max(0, Math.round(ports.clock.now() - started));
  return [{ type: 'workspace.rebuilt', v: 1, checkpoint: head, durationMs, failedSetup: [...failedSetup] }];
};

/** Setup goes before the checkpoints: what it leaves in files that are not ignored is in the first of them. */
const rebuild = async (context: StepContext, base: Checkpoint, head: Checkpoint): Promise<readonly number[]> => {
  const { state, ports } = context;
  const { workspace } = ports;
  const untouched = head.commit === base.commit;
  let failedSetup: readonly number[] = [];
  if (untouched || !(await workspace.has(base))) {
    const made = await workspace.prepare(state.task.source);
    if (made.commit !== base.commit)
      throw new SourceRefused(
        `The source of run ${state.id} gives another tree than it began with: ${made.tree} and not ${base.tree}.`,
        'Delegate the task again.',
      );
    failedSetup = await setUpAgain(context);
  }
  if (untouched) return failedSetup;
  await takeBundles(state, ports);
  if (!(await workspace.restore(head)))
    throw new SourceRefused(
      `Checkpoint ${head.commit} of run ${state.id} is on another machine and was never uploaded.`,
      'Have the run go on there, or delegate the task again.',
    );
  return failedSetup;
};

const takeBundles = async ({ bundles }: RunState, { workspace, blobs }: StepContext['ports']): Promise<void> => {
  for (const { checkpoint, since, blob } of bundles)
    if (!(await workspace.has(checkpoint))) await workspace.take(checkpoint, since, (file) => blobs.get(blob, file));
};
