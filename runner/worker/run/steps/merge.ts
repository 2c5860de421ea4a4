import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import { mostConflictsNamed } from '../../../../shared/run/base-commit.ts';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import { SourceRefused } from '../../workspace/workspace.ts';
import type { Next } from '../next/next-step.ts';
import type { StepContext } from '../ports/ports.ts';
import { asSaved, upload } from './keep.ts';

/** Makes the tree that of the commit which the result is to be merged with: setup runs on it, and not on what the agent wrote. */
export const moveBase = async (
  { ports }: StepContext,
  { merge: { remote, branch, commit }, tree }: Extract<Next, { do: 'move base' }>,
): Promise<readonly WorkerEvent[]> => {
  const { workspace } = ports;
  const brought = await workspace.bringBase({ remote, branch, commit }, tree.head);
  if (!(await workspace.restore(brought))) throw gone(brought);
  await workspace.startFrom(brought);
  // With that repository: it is no content, and what a later restore brings back is this one.
  const base = await workspace.checkpoint(brought, 'Base');
  return [...(await upload({ ports }, tree, base)), { type: 'base.moved', v: 1, base }];
};

/** Merges what the run had made with it, and makes the tree that. */
export const mergeWithBase = async (
  { ports }: StepContext,
  { merge: { from, ours }, tree }: Extract<Next, { do: 'merge' }>,
): Promise<readonly WorkerEvent[]> => {
  const { workspace } = ports;
  const { checkpoint, conflicts } = await workspace.merge({ from, ours, onto: tree.base }, asSaved(tree));
  if (!(await workspace.restore(checkpoint))) throw gone(checkpoint);
  const named = conflicts.slice(0, mostConflictsNamed);
  return [
    ...(await upload({ ports }, tree, checkpoint)),
    { type: 'base.merged', v: 1, checkpoint, conflicts: named, conflicted: conflicts.length },
  ];
};

const gone = ({ commit }: Checkpoint): SourceRefused =>
  new SourceRefused(`Checkpoint ${commit} is not whole on this machine.`, 'Have the run go on: longhaul resume.');
