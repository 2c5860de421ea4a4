import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import type { RunEvent, WorkerEvent } from '../../../../shared/run/events.ts';
import { heldTree, type PreparedTree } from '../../../../shared/run/state.ts';
import { BlobMissing, type StepContext } from '../ports/ports.ts';
import { SourceRefused } from '../../workspace/workspace.ts';
import { setUpAgain } from './command.ts';
import { asSaved, saveSetup } from './keep.ts';

/**
 * Comes before the first step of an activation: makes the tree on this machine the one that the log is about, in a place where nobody
 * else writes. Where the activation before this one worked here and ended on record, the tree is as it left it and nobody is at work in
 * it. Else it is made anew: from what this machine has of it, or from the source, the setup and the uploaded checkpoints.
 *
 * Killed in its middle it begins anew: the visit is recorded last. Throws SourceRefused and BlobMissing, which say what is missing.
 */
export const arrive = async (context: StepContext): Promise<readonly WorkerEvent[]> => {
  const { state, events, ports, signal } = context;
  const { tree } = state;
  const last = await ports.visits.last();
  // An earlier version recorded visits only where there are several machines.
  const wasHere = last === state.fence - 1 || (last === null && ports.keep === 'local');
  if (tree.status === 'unprepared' || (wasHere && endedWell(events, state.fence) && ports.workspace.present())) {
    await ports.visits.record(state.fence);
    return [];
  }
  const started = ports.clock.now();
  const made = (await renew(context, tree, heldTree(state) ?? asSaved(tree))) ?? (await rebuild(context, tree));
  if (signal.aborted) return [];
  await ports.visits.record(state.fence);
  if (made.from === 'here' && wasHere) return [];
  const durationMs = Math.max(0, Math.round(ports.clock.now() - started));
  return [
    { type: 'workspace.rebuilt', v: 1, checkpoint: tree.head, durationMs, failedSetup: [...made.failedSetup] },
    ...made.saved,
  ];
};

/** How a tree was made anew: from all that this machine keeps of it, or with the setup once more. */
interface Made {
  readonly from: 'here' | 'setup';
  readonly failedSetup: readonly number[];
  readonly saved: readonly WorkerEvent[];
}

/** Null: this machine does not have the checkpoint. Where it has no more than the files that git covers, setup gives the others again. */
const renew = async (context: StepContext, { base }: PreparedTree, checkpoint: Checkpoint): Promise<Made | null> => {
  const { workspace, sandboxes } = context.ports;
  const hadHome = !(await sandboxes.homeIsEmpty(workspace.root));
  switch (await workspace.renew(checkpoint)) {
    case 'absent':
      return null;
    case 'whole': {
      const failedSetup = hadHome ? await homeAgain(context, base) : [];
      return { from: failedSetup.length === 0 ? 'here' : 'setup', failedSetup, saved: [] };
    }
    case 'without rest': {
      // Setup may have network: it runs on what the base says, and never on what the agent wrote.
      if (!(await workspace.restore(base))) return null;
      const failedSetup = await setUpAgain(context);
      if (!(await workspace.restore(checkpoint))) return null;
      return { from: 'setup', failedSetup, saved: [] };
    }
  }
};

/**
 * The home that a lost activation had is nobody's to trust: a command of it may still be at work there. Setup gives another one, run on the base's files
 * as before verification, in a place that no command of the agent's has ever seen. Gives the commands that now fail.
 */
const homeAgain = async (context: StepContext, base: Checkpoint): Promise<readonly number[]> => {
  const { state, ports } = context;
  const { workspace, sandboxes } = ports;
  if (state.setup.length === 0 || !(await workspace.has(base))) return [];
  await using copy = await sandboxes.copy('setup');
  await workspace.checkout(base, copy.tree);
  const failed = await setUpIn(context, copy.tree);
  await sandboxes.moveHome(copy.tree, workspace.root);
  return failed;
};

const setUpIn = async (context: StepContext, tree: string): Promise<readonly number[]> => {
  await using sandbox = await context.ports.sandboxes.open(tree);
  return await setUpAgain(context, async () => sandbox);
};

/** Whether the worker of the lease before this one ended it by itself: then neither it nor a command of its own is at work any more. */
const endedWell = (events: readonly RunEvent[], fence: number): boolean => {
  const from = events.findLastIndex(({ body }) => body.type === 'activation.leased' && body.fence === fence - 1);
  return from >= 0 && events.slice(from).some(({ body }) => body.type === 'activation.ended');
};

/** Setup goes before the checkpoints: what it leaves in files that are not ignored is in the first of them. */
const rebuild = async (context: StepContext, tree: PreparedTree): Promise<Made> => {
  const { state, ports } = context;
  const { workspace } = ports;
  const { origin, base, head, saved, bundles } = tree;
  const untouched = head.commit === origin.commit;
  if (!untouched && !(await workspace.has(head)) && bundles.at(-1)?.checkpoint.commit !== head.commit)
    throw new SourceRefused(
      `Checkpoint ${head.commit} of run ${state.id} is not on this machine: it is on another one, or its folder was removed; and it was never uploaded.`,
      'Have the run go on where its folder is, put the folder back from a backup, or delegate the task again.',
    );
  if (untouched || !(await workspace.has(origin))) {
    const made = await workspace.prepare(state.task.source);
    if (made.commit !== origin.commit)
      throw new SourceRefused(
        `The source of run ${state.id} gives another tree than it began with: ${made.tree} and not ${origin.tree}.`,
        'Delegate the task again.',
      );
    if (!untouched) await takeBundles(bundles, ports);
    // Setup may have network: it runs on what the base says, and never on what the agent wrote.
    if (base.commit !== origin.commit) {
      if (!(await workspace.restore(base))) throw notWhole(state, base);
      await workspace.startFrom(base);
    }
    const failedSetup = await setUpAgain(context);
    if (untouched) return { from: 'setup', failedSetup, saved: saved === null ? [] : [await saveSetup(context, base)] };
    if (await workspace.restore(head)) return { from: 'setup', failedSetup, saved: [] };
  } else {
    await takeBundles(bundles, ports);
    const made = await renew(context, tree, head);
    if (made !== null) return made;
  }
  throw notWhole(state, head);
};

const notWhole = ({ id }: StepContext['state'], { commit }: Checkpoint): SourceRefused =>
  new SourceRefused(
    `Checkpoint ${commit} of run ${id} is not whole on this machine.`,
    'Put the folder of the run back from a backup, or delegate the task again.',
  );

const takeBundles = async (
  bundles: PreparedTree['bundles'],
  { workspace, blobs }: StepContext['ports'],
): Promise<void> => {
  for (const { checkpoint, since, blob } of bundles) {
    if (await workspace.has(checkpoint)) continue;
    await workspace.take(checkpoint, since, async (file) => {
      try {
        await blobs.get(blob, file);
      } catch (error) {
        if (!(error instanceof BlobMissing)) throw error;
        throw new BlobMissing(`Checkpoint ${checkpoint.commit} cannot be brought here. ${error.message}`, {
          cause: error,
        });
      }
    });
  }
};
