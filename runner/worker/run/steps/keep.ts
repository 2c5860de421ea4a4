import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import type { PreparedTree } from '../../../../shared/run/state.ts';
import type { StepContext } from '../ports/ports.ts';

/** Of what is too large to be kept, so many are named. */
const mostNamed = 20;

/** Bundles one after the other that a machine takes in at most; then comes one with everything since the source. */
const longestChain = 50;

/**
 * Saves the tree after a step, and uploads what is new where the next activation may be elsewhere. Returns the event of the
 * upload, to be appended with the one that names the checkpoint: so no log ever names a checkpoint that only a dead machine has.
 */
export const keep = async (
  { ports }: StepContext,
  tree: PreparedTree,
  label: string,
): Promise<{ readonly checkpoint: Checkpoint; readonly uploaded: readonly WorkerEvent[] }> => {
  const checkpoint = await ports.workspace.checkpoint(asSaved(tree), label);
  return { checkpoint, uploaded: await upload({ ports }, tree, checkpoint) };
};

/** What is new in a checkpoint, where the next activation may be elsewhere. */
export const upload = async (
  { ports }: Pick<StepContext, 'ports'>,
  { origin, bundles }: PreparedTree,
  checkpoint: Checkpoint,
): Promise<readonly WorkerEvent[]> => {
  const since = (bundles.length < longestChain ? bundles.at(-1)?.checkpoint : null) ?? origin;
  if (ports.keep === 'local' || checkpoint.commit === since.commit) return [];
  let blob = '';
  const bytes = await ports.workspace.bundle(checkpoint, since, async (file) => {
    blob = await ports.blobs.putFile(file, 'checkpoint');
  });
  return [{ type: 'checkpoint.uploaded', v: 1, checkpoint, since, blob, bytes }];
};

/** What a restore brings back: with what setup left, until a call changed it. */
export const asSaved = ({ saved, head }: PreparedTree): Checkpoint => saved ?? head;

/** Saves what a setup command left, git-ignored files too: else a call that is lost would take that with it. */
export const keepSetup = async (context: StepContext, tree: PreparedTree): Promise<readonly WorkerEvent[]> => {
  const before = asSaved(tree);
  const event = await saveSetup(context, before);
  return event.checkpoint.commit === before.commit ? [] : [event];
};

export const saveSetup = async (
  { ports }: StepContext,
  before: Checkpoint,
): Promise<Extract<WorkerEvent, { type: 'checkpoint.saved' }>> => {
  const checkpoint = await ports.workspace.checkpoint(before, 'Setup');
  return { type: 'checkpoint.saved', v: 1, checkpoint, left: ports.workspace.left.slice(0, mostNamed) };
};
