import { plural } from '../../../shared/text/figures.ts';
import {
  baseText,
  budgetText,
  choicesText,
  commandsText,
  policies,
  type Choices,
} from '../../ground/delegation/choices.ts';

export type RowId = 'delegate' | 'goal' | 'recipe' | 'base' | 'verification' | 'setup' | 'budget' | 'policy' | 'model';

/** A row of the last step, without anything of VS Code's. */
export interface Row {
  readonly row: RowId;
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
}

export interface Summary {
  readonly goal: string;
  readonly choices: Choices;
  /** Files that differ from HEAD; null: unknown. */
  readonly dirty: number | null;
  /** Editors with what is not saved; they are saved first. */
  readonly unsaved: number;
}

/** The rows that are shown before delegating: the first one does it, each other changes what it says. */
export const summaryRows = ({ goal, choices, dirty, unsaved }: Summary): readonly Row[] => [
  {
    row: 'delegate',
    label: '$(rocket) Delegate',
    description: choicesText(choices),
    ...(unsaved === 0 ? {} : { detail: `Saves ${plural(unsaved, 'unsaved file')} first.` }),
  },
  { row: 'goal', label: '$(edit) Goal', description: firstLine(goal) || 'what the recipe says' },
  { row: 'recipe', label: '$(book) Recipe', description: choices.recipe?.title ?? 'none' },
  {
    row: 'base',
    label: '$(git-branch) Base',
    description: `${baseText(choices.base)}${dirtyText(choices.base, dirty)}`,
  },
  {
    row: 'verification',
    label: '$(beaker) Verification',
    description: commandsText(choices.verification, choices.recipe),
  },
  { row: 'setup', label: '$(tools) Setup', description: commandsText(choices.setup, choices.recipe) },
  { row: 'budget', label: '$(dashboard) Budget', description: budgetText(choices.budget) },
  { row: 'policy', label: '$(shield) Policy', description: policies[choices.policy].label },
  { row: 'model', label: '$(hubot) Model', description: choices.model ?? "the runner's" },
];

const dirtyText = (base: Choices['base'], dirty: number | null): string => {
  if (dirty === null || dirty === 0) return '';
  return base === 'worktree' ? ` (${plural(dirty, 'changed file')})` : ` (without ${plural(dirty, 'changed file')})`;
};

const firstLine = (goal: string): string => goal.trim().split('\n')[0] ?? '';
