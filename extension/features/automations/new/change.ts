import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ListedRecipe } from '../../../../shared/recipe/recipe.ts';
import { withInputs } from '../../../ground/delegation/ask-inputs.ts';
import { typedLine, type Line, type Typed } from '../../../ground/ask/typed.ts';
import { recipeItems } from '../../../ground/delegation/recipe-items.ts';
import { askTimeZone, askWhen } from './ask-when.ts';
import { nameFaults, type Known } from './definition.ts';
import type { Draft } from './draft.ts';
import { missedNames, nameFor, ordinary, publishNamesFor, whileOpenNames, type RowId } from './rows.ts';

export const title = t('New Automation');

/** What there is to choose among. */
export interface Offered extends Known {
  /** Reads the list of them. */
  recipes(): Promise<readonly ListedRecipe[]>;
  readonly typed: Typed;
}

/** The rows that change what it says. */
export type ChangingRow = Exclude<RowId, 'create'>;

/** Asks for another value of one row; undefined: the person dismissed that. */
export const changed = async (row: ChangingRow, draft: Draft, offered: Offered): Promise<Draft | undefined> => {
  const put = <Name extends keyof Draft>(name: Name, value: Draft[Name] | undefined): Draft | undefined =>
    value === undefined ? undefined : { ...draft, [name]: value };
  switch (row) {
    case 'when':
      return put('when', await askWhen({ ...offered, title }, draft.when));
    case 'timeZone':
      return draft.when?.kind === 'schedule'
        ? put('when', await askTimeZone({ ...offered, title }, draft.when))
        : draft;
    case 'recipe':
      return askRecipe(draft, offered);
    case 'goal':
      return put('goal', await askGoal(draft, offered));
    case 'name':
      return put('name', await askName(draft, offered));
    case 'missed':
      return put('missed', await pickOf(missedNames, t('Times at Which No Runner Was There'), draft.missed));
    case 'whileOpen': {
      const now = draft.whileOpen ?? ordinary(draft.when).whileOpen;
      return put('whileOpen', await pickOf(whileOpenNames, t('A Run While Another One Is Open'), now));
    }
    case 'perDay':
      return put('perDay', await askPerDay(draft, offered));
    case 'usdPerDay':
      return put('usdPerDay', await askUsdPerDay(draft, offered));
    case 'publish':
      return put('publish', await pickOf(publishNamesFor(draft), t('What Becomes of Its Results?'), draft.publish));
    case 'ciRepairs': {
      const rows = [0, 1, 2, 3, 5].map((times) => ({ label: String(times), times }));
      const placeHolder = t('So many rounds are begun by checks of its pull request that fail');
      return put('ciRepairs', (await vscode.window.showQuickPick(rows, { title, placeHolder }))?.times);
    }
  }
};

const pickOf = async <Name extends string>(
  names: Readonly<Partial<Record<Name, string>>>,
  asked: string,
  now: Name,
): Promise<Name | undefined> => {
  // safe: the keys of that very object
  const rows = (Object.keys(names) as Name[]).map((name) => ({
    label: names[name] ?? name,
    ...(name === now ? { description: t('as now') } : {}),
    name,
  }));
  return (await vscode.window.showQuickPick(rows, { title: `${title}: ${asked}`, ignoreFocusOut: true }))?.name;
};

const askRecipe = async (draft: Draft, offered: Offered): Promise<Draft | undefined> => {
  const listed = offered.recipes();
  const items = listed.then(recipeItems);
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('{0}: By Which Recipe?', title),
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined) return undefined;
  if (chosen.problem !== null) {
    await vscode.window.showErrorMessage(chosen.problem, { modal: true });
    return undefined;
  }
  const recipe = chosen.recipe === null ? null : await withInputs(chosen.recipe, chosen.inputs, offered.typed);
  if (recipe === undefined) return undefined;
  const found = (await listed).find(({ name }) => name === recipe?.name);
  const output = found?.problem === null ? found.defaults.output : ({ kind: 'diff' } as const);
  if (recipe === null) return { ...draft, isRecipeSaid: true, recipe };
  // What it is about is what happened.
  const { name, title: called, needsGoal, inputs } = recipe;
  return { ...draft, isRecipeSaid: true, recipe: { name, title: called, needsGoal, inputs, output } };
};

const askGoal = ({ recipe, goal }: Draft, { typed }: Offered): Promise<string | undefined> =>
  line(typed, 'goal', {
    title: t('{0}: What Shall the Agent Do?', title),
    prompt:
      recipe === null
        ? t('In a line; more can be written in the file.')
        : recipe.needsGoal
          ? t('{0}: what is it about?', recipe.title)
          : t('{0}: is it about something in particular?', recipe.title),
    value: goal ?? '',
    validateInput: (value) =>
      value.trim() === '' && (recipe === null || recipe.needsGoal) ? t('Something has to stand here.') : null,
  });

const askName = (draft: Draft, { others, typed }: Offered): Promise<string | undefined> =>
  line(typed, 'name', {
    title: t('{0}: What Is It Called?', title),
    prompt: t('Its file is .longhaul/triggers/<name>.yaml'),
    value: draft.name ?? nameFor(draft, others),
    validateInput: (value) => nameFaults(value.trim(), others).join(' ') || null,
  });

const askPerDay = async ({ when, perDay }: Draft, { typed }: Offered): Promise<number | undefined> => {
  const text = await line(typed, 'perDay', {
    title: t('{0}: How Many Runs a Day?', title),
    prompt: t('What happens beyond that within 24 hours begins none, and is told.'),
    value: String(perDay ?? ordinary(when).perDay),
    validateInput: (value) =>
      /^\d+$/.test(value.trim()) && Number(value) >= 1 && Number(value) <= 1000
        ? null
        : t('Expected a number from 1 to 1000.'),
  });
  return text === undefined ? undefined : Number(text);
};

/** Null: nothing stands in it, so that it is no matter. */
const askUsdPerDay = async ({ usdPerDay }: Draft, { typed }: Offered): Promise<number | null | undefined> => {
  const text = await line(typed, 'usdPerDay', {
    title: t('{0}: What May Its Runs Spend a Day?', title),
    prompt: t('In US$. Beyond that it is paused until somebody enables it again. Empty: as each run has it.'),
    value: usdPerDay === null ? '' : String(usdPerDay),
    validateInput: (value) => {
      const usd = Number(value);
      return value.trim() === '' || (usd > 0 && usd <= 100_000)
        ? null
        : t('Expected an amount such as 20, or nothing.');
    },
  });
  if (text === undefined) return undefined;
  return text === '' ? null : Number(text);
};

const line = async (typed: Typed, box: string, options: Line): Promise<string | undefined> =>
  (await typedLine(typed, box, options))?.trim();
