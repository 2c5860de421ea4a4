import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { readInputs, type GivenInputs, type RecipeInput } from '../../../shared/recipe/inputs.ts';
import { typedLine, type Typed } from '../ask/typed.ts';
import type { RecipeChoice } from './choices.ts';

/** A recipe with all that it has to be told and nobody said yet, each asked for. Undefined: dismissed. */
export const withInputs = async (
  recipe: RecipeChoice,
  inputs: readonly RecipeInput[],
  typed: Typed,
): Promise<RecipeChoice | undefined> => {
  let given = recipe.inputs;
  const missing = missingInputs(inputs, given);
  if (missing.length === 0) return recipe;
  for (const input of missing) {
    const said = await ask(recipe, input, typed);
    if (said === undefined) return undefined;
    given = { ...given, [input.name]: said };
    // All of them are there again where one is left.
    typed.keep(boxOf(recipe, input), said);
  }
  return { ...recipe, inputs: given };
};

/** Those that have to be told. */
const missingInputs = (inputs: readonly RecipeInput[], given: GivenInputs): readonly RecipeInput[] =>
  inputs.filter(({ name, required }) => required && !Object.hasOwn(given, name));

const boxOf = (recipe: RecipeChoice, input: RecipeInput): string => `${recipe.name} ${input.name}`;

const ask = async (recipe: RecipeChoice, input: RecipeInput, typed: Typed): Promise<string | undefined> => {
  const { name, description } = input;
  const box = { title: `${recipe.title}: ${name}`, ignoreFocusOut: true };
  const options = input.type === 'choice' ? input.choices : input.type === 'boolean' ? ['true', 'false'] : null;
  if (options !== null)
    return vscode.window.showQuickPick(options, { ...box, placeHolder: description || t('Which one?') });
  return typedLine(typed, boxOf(recipe, input), {
    ...box,
    prompt: description || t('The recipe needs it.'),
    validateInput: (value) => {
      const read = readInputs([input], { [name]: value });
      return read.outcome === 'ok' ? null : read.faults.join(' ');
    },
  });
};
