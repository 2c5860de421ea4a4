import type { WorkerEvent } from '../../../shared/run/events.ts';
import type { StepContext } from '../ports.ts';
import { saveChanges } from './changes.ts';

/** Hands over what the round changed, for review; a round that changed nothing has nothing to review. */
export const finish = async (context: StepContext): Promise<readonly WorkerEvent[]> => {
  const saved = await saveChanges(context);
  return [
    { type: 'activation.ended', v: 1, until: null },
    saved.files === 0 ? unchanged(context.state.wrapUp) : { type: 'round.finished', v: 1, ...saved },
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
