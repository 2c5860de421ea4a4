import type { ChangeSet } from '../../../../shared/run/artifacts.ts';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import { heldTree, type PreparedTree, type RoundResult } from '../../../../shared/run/state.ts';
import { LogGone, type StepContext } from '../ports/ports.ts';

/** Saves what differs between the base and a tree of a run, its head or one that waits to be that, for people to look at. */
export const saveChanges = async (
  { ports }: Pick<StepContext, 'ports'>,
  { base, head }: Pick<PreparedTree, 'base' | 'head'>,
): Promise<RoundResult> => {
  const { blobs } = ports;
  const { files, patch } = await ports.workspace.changes(base, head, {
    content: (content) => blobs.put(content),
    largeContent: (file) => blobs.putFile(file, 'result'),
    patch: (file) => blobs.putFile(file, 'result'),
  });
  const changes: ChangeSet = { base, head, patch, files: [...files] };
  return {
    head,
    patch: changes.patch,
    changes: await ports.blobs.put(Buffer.from(JSON.stringify(changes))),
    files: files.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
  };
};

/**
 * Who is asked something can see what the run has changed by then. No event: the tree is what it was when that was saved last, or it
 * cannot be saved (a file that is too large for a blob, say), which must not keep the run from asking.
 */
export const saveForPerson = async (context: StepContext): Promise<readonly WorkerEvent[]> => {
  const { tree, soFar, result } = context.state;
  if (tree.status === 'unprepared') return [];
  const { base } = tree;
  const head = heldTree(context.state) ?? tree.head;
  const known = (soFar ?? result)?.head ?? base;
  if (known.tree === head.tree) return [];
  try {
    return [{ type: 'changes.saved', v: 1, ...(await saveChanges(context, { base, head })) }];
  } catch (error) {
    if (error instanceof LogGone || context.signal.aborted) throw error;
    return [];
  }
};
