import type { WorkerEvent } from '../../../../shared/run/events.ts';
import type { RoundResult, RunState } from '../../../../shared/run/state.ts';
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
  const isDiff = state.task.output.kind === 'diff';
  let saved: RoundResult;
  try {
    // What differs in the tree is no part of another output.
    saved = await saveChanges(context, isDiff ? tree : { base: tree.base, head: tree.base });
  } catch (error) {
    if (signal.aborted || endsActivation(error)) throw error;
    return notSaved(state.task.verification.length, troubleText(error, ports.workspace.root), mendable);
  }
  return [
    { type: 'activation.ended', v: 2, until: null },
    (isDiff ? saved.files === 0 : state.output === null)
      ? unchanged(state)
      : { type: 'round.finished', v: 1, ...saved },
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

const unchanged = ({ wrapUp, task }: RunState): WorkerEvent => {
  const isDiff = task.output.kind === 'diff';
  if (wrapUp === null && isDiff) return { type: 'run.completed', v: 1 };
  const why = wrapUp === null ? 'It ended' : wrapUp === 'budget' ? 'Its budget was used up' : 'The agent was stuck';
  return {
    type: 'run.failed',
    v: 1,
    class: wrapUp ?? 'task',
    message: `${why} and it had ${isDiff ? 'changed' : 'handed over'} nothing when it was stopped. Delegate it again with a larger budget or a narrower goal.`,
  };
};
