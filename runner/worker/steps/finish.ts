import type { ChangeSet } from '../../../shared/run/artifacts.ts';
import type { WorkerEvent } from '../../../shared/run/events.ts';
import type { StepContext } from '../ports.ts';

/** Hands over what the round changed, for review; a round that changed nothing has nothing to review. */
export const finish = async ({ state, ports }: StepContext): Promise<readonly WorkerEvent[]> => {
  const { base, head } = state;
  if (base === null || head === null) throw new Error(`run ${state.id} finishes before it was prepared`);
  const { files, patch } = await ports.workspace.changes(base, head, (content) => ports.blobs.put(content));
  if (files.length === 0) return [{ type: 'activation.ended', v: 1, until: null }, unchanged(state.wrapUp)];
  const changes: ChangeSet = { base, head, patch: await ports.blobs.put(patch), files: [...files] };
  return [
    { type: 'activation.ended', v: 1, until: null },
    {
      type: 'round.finished',
      v: 1,
      head,
      patch: changes.patch,
      changes: await ports.blobs.put(Buffer.from(JSON.stringify(changes))),
      files: files.length,
      additions: files.reduce((sum, file) => sum + file.additions, 0),
      deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    },
  ];
};

const unchanged = (wrapUp: 'budget' | 'task' | null): WorkerEvent => {
  if (wrapUp === null) return { type: 'run.completed', v: 1 };
  const why = wrapUp === 'budget' ? 'Its budget was used up' : 'The agent was stuck';
  return {
    type: 'run.failed',
    v: 1,
    class: wrapUp,
    message: `${why} and it had changed nothing when it was stopped. Delegate it again with a larger budget or a narrower goal.`,
  };
};
