import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import type { WorkerEvent } from '../../../shared/run/events.ts';
import type { StepContext } from '../ports.ts';

/** Bundles one after the other that a machine takes in at most; then comes one with everything since the base. */
const longestChain = 50;

/**
 * Saves the tree after a step, and uploads what is new where the next activation may be elsewhere. Returns the event of the
 * upload, to be appended with the one that names the checkpoint: so no log ever names a checkpoint that only a dead machine has.
 */
export const keep = async (
  { state, ports }: StepContext,
  parent: Checkpoint,
  label: string,
): Promise<{ readonly checkpoint: Checkpoint; readonly uploaded: readonly WorkerEvent[] }> => {
  const checkpoint = await ports.workspace.checkpoint(parent, label);
  const { base, bundles } = state;
  if (base === null) throw new Error(`run ${state.id} has a checkpoint before it was prepared`);
  const since = (bundles.length < longestChain ? bundles.at(-1)?.checkpoint : null) ?? base;
  if (ports.keep === 'local' || checkpoint.commit === since.commit) return { checkpoint, uploaded: [] };
  let blob = '';
  const bytes = await ports.workspace.bundle(checkpoint, since, async (file) => {
    blob = await ports.blobs.putFile(file, 'checkpoint');
  });
  return { checkpoint, uploaded: [{ type: 'checkpoint.uploaded', v: 1, checkpoint, since, blob, bytes }] };
};
