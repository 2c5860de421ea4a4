import type { ChangeSet } from '../../../../shared/run/artifacts.ts';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import { heldTree, type RoundResult } from '../../../../shared/run/state.ts';
import { LogGone, type StepContext } from '../ports.ts';

/** Saves what differs between the base and a tree of a run, its head or one that waits to be that, for people to look at. */
export const saveChanges = async (
  { state, ports }: Pick<StepContext, 'state' | 'ports'>,
  head = state.head,
): Promise<RoundResult> => {
  const { base } = state;
  if (base === null || head === null) throw new Error(`run ${state.id} has changes before it was prepared`);
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
  const { base, soFar, result } = context.state;
  const head = heldTree(context.state) ?? context.state.head;
  const known = (soFar ?? result)?.head ?? base;
  if (head === null || known?.tree === head.tree) return [];
  try {
    return [{ type: 'changes.saved', v: 1, ...(await saveChanges(context, head)) }];
  } catch (error) {
    if (error instanceof LogGone || context.signal.aborted) throw error;
    return [];
  }
};
