import { needsSubject, outputName, outputNames, type WantedOutput } from '../run/output.ts';
import type { Recipe } from './recipe.ts';
import { inputFaults } from './trigger-inputs.ts';
import { isScheduled, wantedBy, type GitHubEventKind, type Trigger } from './trigger.ts';

/** What happens to an issue or a pull request, so that something can be said on it. */
const withSubject: ReadonlySet<string> = new Set<GitHubEventKind>([
  'issue-opened',
  'issue-labeled',
  'issue-assigned',
  'comment',
  'review-submitted',
]);

interface Fault {
  /** A sentence, and what to do. */
  readonly message: string;
  readonly remedy: string;
}

/** Why a trigger's recipe is not for it; null: it is. */
export const recipeFault = (
  trigger: Trigger,
  recipe: Pick<Recipe, 'title' | 'needsGoal' | 'output' | 'inputs'>,
): Fault | null => {
  // What happened is told in the goal.
  if (recipe.needsGoal && trigger.goal === '' && isScheduled(trigger))
    return { message: 'Its recipe needs a goal, and it says none.', remedy: `Say it: goal: … (${recipe.title})` };
  const [wrong] = inputFaults(trigger, recipe.inputs);
  if (wrong !== undefined) return { message: wrong, remedy: 'Correct inputs in its file.' };
  return outputFault(trigger, recipe.output);
};

/** Why what a recipe's result is to be is not for a trigger; null: it is. */
export const outputFault = (trigger: Trigger, output: WantedOutput): Fault | null => {
  if (output.kind === 'diff') return null;
  const name = outputNames[output.kind];
  if (needsSubject(output) && (isScheduled(trigger) || !withSubject.has(wantedBy(trigger).kind)))
    return {
      message: `The result of its recipe is ${name} of an issue or a pull request, and it waits for none.`,
      remedy: `Have it wait for one of ${[...withSubject].join(', ')} (on: { github: … }).`,
    };
  if (trigger.publish === 'no') return null;
  if (output.kind === 'report')
    return {
      message: 'The result of its recipe is a report, which is published nowhere.',
      remedy: 'Leave publish out: the report is in review.',
    };
  if (trigger.publish !== 'draft' || output.kind === 'release') return null;
  return {
    message: `Its file says "publish: draft", and there is no draft of ${outputName(output.kind)}.`,
    remedy: 'Say "publish: ready", or leave it out and publish it yourself: longhaul publish.',
  };
};
