import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import { readInputs, type InputValue } from '../../../shared/recipe/inputs.ts';
import { renderGoal, type Recipe } from '../../../shared/recipe/recipe.ts';
import { shellWord } from '../../../shared/text/shell-word.ts';
import { toldElsewhere } from './outside-text.ts';
import { refused } from './plane.ts';

/** As a task takes it. */
const longestGoal = 100_000;

interface GoalGiven {
  readonly input: Pick<DelegateInput, 'goal' | 'recipe' | 'inputs'>;
  readonly found: { readonly repository: string };
  /** Inputs that somebody outside said: they are told with what it is about. */
  readonly outside: readonly string[];
}

/** What the agent is told, and the inputs in it. Throws RefusedError. */
export const goalOf = (
  recipe: Recipe | null,
  { input: { goal: said, recipe: name, inputs: given }, found: { repository }, outside }: GoalGiven,
): { readonly goal: string; readonly inputs: readonly InputValue[] } => {
  if (recipe === null) {
    const [input] = Object.keys(given);
    if (input === undefined) return { goal: said, inputs: [] };
    throw refused('invalid', `There is no recipe that takes the input ${input}.`, 'Name one, or leave inputs out.');
  }
  if (said === '' && recipe.needsGoal)
    throw refused('invalid', `The recipe ${name} needs a goal.`, `Say what it is about. It is: ${recipe.title}.`);
  const read = readInputs(recipe.inputs, given);
  if (read.outcome === 'refused')
    throw refused(
      'invalid',
      read.faults.join(' '),
      // Of a remote's own recipe nothing else is shown than this.
      `See what it takes: longhaul recipes show ${name}${repository.startsWith('/') ? ` --repo ${shellWord(repository)}` : ''}`,
    );
  const inputs = read.values.map(({ text, ...value }) => {
    // What can be but a number, or one of the recipe's own choices, cannot say anything of its own.
    const isElsewhere = outside.includes(value.name) && value.type === 'string' && text !== '';
    return { ...value, text: isElsewhere ? toldElsewhere(value.name) : text };
  });
  const goal = mustFit(renderGoal(recipe, said, inputs));
  if (goal.trim() === '')
    throw refused(
      'invalid',
      `The recipe ${name} has no words of its own, and nobody said any.`,
      `Say what is to be done. It is: ${recipe.title}.`,
    );
  return { goal, inputs };
};

/** With what a recipe and others say. Throws RefusedError. */
export const mustFit = (goal: string): string => {
  if (goal.length <= longestGoal) return goal;
  throw refused(
    'invalid',
    `With all that is told with it the goal has ${goal.length} characters; up to ${longestGoal} are taken.`,
    'Shorten the goal, and put what is long into a file of the repository.',
  );
};

const longestTitle = 80;

/** The first line of the goal, cut at a word */
export const titleOf = (goal: string): string => {
  const first = goal.trim().split('\n')[0]?.trim() ?? '';
  if (first.length <= longestTitle) return first;
  const cut = first.slice(0, longestTitle - 1);
  const word = cut.lastIndexOf(' ');
  return `${cut.slice(0, word > longestTitle / 2 ? word : undefined).trimEnd()}…`;
};
