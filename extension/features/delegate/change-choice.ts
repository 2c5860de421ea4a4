import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RecipeInput } from '../../../shared/recipe/inputs.ts';
import type { ListedRecipe } from '../../../shared/recipe/recipe.ts';
import { needsSubject } from '../../../shared/run/output.ts';
import { budgetLine, parseBudget } from '../../ground/delegation/budget-line.ts';
import { baseText, commandsText } from '../../ground/delegation/choices-text.ts';
import {
  inFolder,
  plannedCommand,
  policies,
  type Choices,
  type PolicyName,
  type RecipeChoice,
} from '../../ground/delegation/choices.ts';
import type { Folder } from '../../ground/delegation/folder.ts';
import { commandIn, commandWithout } from '../../../shared/run/command-folder.ts';
import { askImages } from './ask-images.ts';
import { recipeItems } from '../../ground/delegation/recipe-items.ts';
import { typedLine, type Typed } from '../../ground/ask/typed.ts';
import { withInputs } from '../../ground/delegation/ask-inputs.ts';
import type { RowId } from './rows.ts';

/** The rows that change a choice. */
export type ChoiceRow = Exclude<RowId, 'delegate' | 'goal' | 'ready'>;

/** What there is to choose among. */
export interface Offered {
  /** Reads the list of them. */
  recipes(): Promise<readonly ListedRecipe[]>;
  /** What stands in boxes that were left. */
  readonly boxes: Typed;
  readonly folders: readonly Folder[];
  /** Files that differ from HEAD; null: unknown. */
  readonly dirty: readonly string[] | null;
}

/** Asks for another value of one choice; the choices as they are if the person dismisses that. */
export const changeChoice = async (row: ChoiceRow, choices: Choices, offered: Offered): Promise<Choices> => {
  switch (row) {
    case 'recipe': {
      const items = offered.recipes().then(recipeItems);
      const chosen = await vscode.window.showQuickPick(items, { title: t('By which recipe?'), matchOnDetail: true });
      if (chosen?.problem === null) {
        const recipe = chosen.recipe === null ? null : await told(chosen.recipe, chosen, offered.boxes);
        return recipe === undefined ? choices : { ...choices, recipe };
      }
      if (chosen !== undefined) await vscode.window.showErrorMessage(chosen.problem, { modal: true });
      return choices;
    }
    case 'base': {
      const items = (['worktree', 'head'] as const).map((base) => ({ label: baseText(base), base }));
      const chosen = await vscode.window.showQuickPick(items, { title: t('What does the agent begin with?') });
      return { ...choices, base: chosen?.base ?? choices.base };
    }
    case 'without':
      return { ...choices, ...(await askFiles(offered.dirty ?? [], choices)) };
    case 'images':
      return { ...choices, images: await askImages(choices.images) };
    case 'folder': {
      const items = offered.folders.map(({ folder }) => ({
        label: folder === '' ? t('The root of the repository') : folder,
        folder,
      }));
      const chosen = await vscode.window.showQuickPick(items, { title: t('Which folder is it about?') });
      return chosen === undefined ? choices : inFolder(choices, chosen.folder);
    }
    case 'verification':
    case 'setup': {
      const commands = await askCommands(row, choices, offered.folders);
      return commands === undefined ? choices : { ...choices, [row]: commands };
    }
    case 'budget': {
      const line = await vscode.window.showInputBox({
        title: t('Budget'),
        prompt: t('What is not named is as the runner and the repository say. "none" lifts a limit.'),
        placeHolder: 'turns=40, usd=2, tokens=none, activeMinutes=30, toolMinutes=10, retries=5',
        value: budgetLine(choices.budget),
        ignoreFocusOut: true,
        validateInput: (value) => {
          const parsed = parseBudget(value);
          return parsed.outcome === 'ok' ? null : parsed.message;
        },
      });
      const parsed = line === undefined ? null : parseBudget(line);
      return parsed?.outcome === 'ok' ? { ...choices, budget: parsed.budget } : choices;
    }
    case 'model': {
      const model = await askModel(choices.model);
      return model === undefined ? choices : { ...choices, model };
    }
    case 'policy': {
      const names: readonly PolicyName[] = ['repository', 'ask', 'offline'];
      const items = names.map((name) => ({ label: policies[name].label, detail: policies[name].detail, name }));
      const chosen = await vscode.window.showQuickPick(items, { title: t('What may the agent do unasked?') });
      return { ...choices, policy: chosen?.name ?? choices.policy };
    }
  }
};

/** A recipe with all that it has to be told. Undefined: dismissed. */
const told = async (
  recipe: RecipeChoice,
  { inputs, needsSubject: isSaidOn }: { readonly inputs: readonly RecipeInput[]; readonly needsSubject: boolean },
  typed: Typed,
): Promise<RecipeChoice | undefined> => {
  const given = await withInputs(recipe, inputs, typed);
  if (given === undefined || !isSaidOn || given.about !== null) return given;
  const about = await typedLine(typed, `${recipe.name} about`, {
    title: t('{0}: Which Issue or Pull Request Is It About?', recipe.title),
    prompt: t(
      'Its address, or owner/name#12 of an issue on GitHub. What comes of the run is said there once you publish it.',
    ),
    validateInput: (value) => (value.trim() === '' ? t('Something has to stand here.') : null),
  });
  return about === undefined ? undefined : { ...given, about: about.trim() };
};

/** With what the recipe has to be told, which was chosen in another session. Undefined: dismissed. */
export const completed = async (
  choices: Choices,
  offered: Pick<Offered, 'recipes' | 'boxes'>,
): Promise<Choices | undefined> => {
  if (choices.recipe === null) return choices;
  const { name } = choices.recipe;
  const listed = (await offered.recipes()).find((recipe) => recipe.name === name);
  // What cannot be used any more, delegating refuses.
  if (listed === undefined || listed.problem !== null) return choices;
  const { inputs, defaults } = listed;
  const recipe = await told(choices.recipe, { inputs, needsSubject: needsSubject(defaults.output) }, offered.boxes);
  if (recipe === undefined) return undefined;
  return recipe === choices.recipe ? choices : { ...choices, recipe };
};

/** Null: the runner's. Undefined: dismissed. */
export const askModel = async (before: string | null): Promise<string | null | undefined> => {
  const name = await vscode.window.showInputBox({
    title: t('By which model?'),
    prompt: t('As the endpoint of the runner names it. Empty: the one that the runner is set to.'),
    placeHolder: 'gpt-5.1-codex',
    value: before ?? '',
    ignoreFocusOut: true,
  });
  return name === undefined ? undefined : name.trim() || null;
};

const questions = {
  verification: {
    title: t('What shows that it works?'),
    none: t('No verification'),
    other: t('Run a command at the end…'),
    placeholder: 'npm test',
  },
  setup: {
    title: t('What is to be run first?'),
    none: t('No setup'),
    other: t('Run a command first…'),
    placeholder: 'npm ci',
  },
} as const;

/** Which of the files that are not committed go along; one that does makes it the working tree. */
const askFiles = async (
  dirty: readonly string[],
  { base, without }: Choices,
): Promise<Partial<Pick<Choices, 'base' | 'without'>>> => {
  const items = dirty.map((label) => ({ label, picked: base === 'worktree' && !without.includes(label) }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Which files that are not committed go along?'),
    placeHolder: t('One without a mark is for the agent as in the last commit'),
    canPickMany: true,
  });
  if (chosen === undefined) return {};
  if (chosen.length === 0 && base === 'head') return {};
  const along = new Set(chosen.map(({ label }) => label));
  return { base: 'worktree', without: dirty.filter((file) => !along.has(file)) };
};

/** Undefined: dismissed. */
const askCommands = async (
  kind: keyof typeof questions,
  choices: Choices,
  folders: readonly Folder[],
): Promise<Choices['setup'] | undefined> => {
  const { title, none, other, placeholder } = questions[kind];
  const before = choices[kind];
  const { folder } = choices;
  const given = before === null || before.length === 0 ? '' : commandsText(before, folder);
  const found = kind === 'verification' ? (folders.find((each) => each.folder === folder)?.found ?? null) : null;
  const items: readonly (vscode.QuickPickItem & { readonly commands: Choices['setup'] | undefined })[] = [
    {
      label: t('As the repository says'),
      description: t('by its .longhaul/config.yaml, or the recipe'),
      commands: null,
    },
    ...(found?.tests ?? []).map(({ command, file }) => ({
      label: command,
      description: t('found in {0}', [found?.folder ?? '', file].filter(Boolean).join('/')),
      commands: [plannedCommand(commandIn(found?.folder ?? '', command))],
    })),
    { label: other, description: given, commands: undefined },
    { label: none, description: '', commands: [] },
  ];
  const picked = await vscode.window.showQuickPick(items, { title });
  if (picked?.label !== other) return picked?.commands;
  const command = await vscode.window.showInputBox({
    title,
    prompt:
      folder === ''
        ? t('A shell command, run in the root of the repository, in the sandbox.')
        : t('A shell command, run in {0}, in the sandbox.', folder),
    placeHolder: placeholder,
    value: commandWithout(folder, before?.[0]?.command ?? ''),
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? t('Give a command.') : null),
  });
  if (command === undefined) return undefined;
  if (kind === 'verification') return [plannedCommand(command, [], folder)];
  const hosts = await vscode.window.showInputBox({
    title,
    prompt: t('Hosts that it may reach, separated by spaces. Empty: no network.'),
    placeHolder: 'packages.example.org',
    value: before?.[0]?.network.join(' ') ?? '',
    ignoreFocusOut: true,
  });
  return hosts === undefined ? undefined : [plannedCommand(command, hosts.split(/[\s,]+/).filter(Boolean), folder)];
};
