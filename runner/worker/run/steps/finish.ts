import type { WorkerEvent } from '../../../../shared/run/events.ts';
import type { RoundResult } from '../../../../shared/run/state.ts';
import type { Next } from '../next/next-step.ts';
import type { StepContext } from '../ports/ports.ts';
import { saveChanges } from './changes.ts';
import { notRun } from './command.ts';
import { endsActivation, troubleText } from './trouble.ts';

/** Hands over what the round changed, for review; a round that changed nothing has nothing to review. */
export const finish = async (
  context: StepContext,
  { mendable, tree }: Extract<Next, { do: 'finish' }>,
): Promise<readonly WorkerEvent[]> => {
  const { state, ports, signal } = context;
  let saved: RoundResult;
  try {
    saved = await saveChanges(context, tree);
  } catch (error) {
    if (signal.aborted || endsActivation(error)) throw error;
    return notSaved(state.task.verification.length, troubleText(error, ports.workspace.root), mendable);
  }
  return [
    { type: 'activation.ended', v: 2, until: null },
    saved.files === 0 ? unchanged(state.wrapUp) : { type: 'round.finished', v: 1, ...saved },
  ];
};

/** Changes that nobody could look at (a file that is too large, say): one more check of the work that failed, as long as the agent can mend it. */
const notSaved = (index: number, why: string, mendable: boolean): readonly WorkerEvent[] => {
  const output = `What the run changed could not be saved for review: ${why}`;
  if (!mendable)
    return [
      { type: 'activation.ended', v: 2, until: null },
      { type: 'run.failed', v: 1, class: 'task', message: output },
    ];
  return [
    {
      type: 'verification.finished',
      v: 2,
      index,
      command: 'Longhaul saves the changes for review',
      outcome: 'limit',
      output,
      ...notRun(),
      setup: 'unrecorded',
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
