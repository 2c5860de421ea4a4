import { budgetNames, type BudgetName } from '../../../shared/run/budget.ts';
import { commandWithout } from '../../../shared/run/command-folder.ts';
import type { PlannedCommand } from '../../../shared/run/events.ts';
import { plural } from '../../../shared/text/figures.ts';
import { policies, type Choices } from './choices.ts';

export const baseText = (base: Choices['base']): string =>
  base === 'worktree' ? 'the working tree as it is, with what is not committed' : 'the last commit (HEAD)';

/** `npm test, npm run e2e (in web)`; `folder`: the one that they may have been planned for. */
export const commandsText = (commands: readonly PlannedCommand[], folder = ''): string =>
  commands.length === 0 ? 'none' : commands.map((planned) => commandText(planned, folder)).join(', ');

const commandText = ({ command, network }: PlannedCommand, folder: string): string => {
  const typed = commandWithout(folder, command);
  const facts = [typed === command ? '' : `in ${folder}`, network.length === 0 ? '' : `network: ${network.join(', ')}`];
  const said = facts.filter(Boolean).join('; ');
  return said === '' ? typed : `${typed} (${said})`;
};

const budgetUnits: Record<BudgetName, (limit: number) => string> = {
  turns: (limit) => (limit === 1 ? '1 turn' : `${limit} turns`),
  tokens: (limit) => `${limit.toLocaleString('en')} tokens`,
  usd: (limit) => `$${limit}`,
  activeMinutes: (limit) => `${limit} min of work`,
  toolMinutes: (limit) => `${limit} min in commands`,
  retries: (limit) => (limit === 1 ? '1 retry' : `${limit} retries`),
};
const lifted: Record<BudgetName, string> = {
  turns: 'any number of turns',
  tokens: 'any number of tokens',
  usd: 'any cost',
  activeMinutes: 'any time',
  toolMinutes: 'any time in commands',
  retries: 'any number of retries',
};

/** `20 turns, $2`. Null is no limit, which is not the same as not saying. Empty: nothing is said. */
export const budgetText = (budget: Choices['budget']): string => {
  const said = budgetNames.flatMap((name) => {
    const limit = budget[name];
    return limit === undefined ? [] : [limit === null ? lifted[name] : budgetUnits[name](limit)];
  });
  return said.join(', ');
};

/** One line for the row that delegates. `folder`: the one that its commands may have been planned for. */
export const choicesText = (choices: Choices, folder = choices.folder): string =>
  [
    choices.recipe?.title ?? '',
    choices.base === 'worktree' ? 'working tree' : 'HEAD',
    choices.images.length === 0 ? '' : plural(choices.images.length, 'image'),
    choices.verification === null ? '' : verificationText(choices.verification, folder),
    budgetText(choices.budget),
    choices.policy === 'repository' ? '' : policies[choices.policy].label.toLowerCase(),
    choices.model ?? '',
  ]
    .filter(Boolean)
    .join(' · ');

const verificationText = (commands: readonly PlannedCommand[], folder: string): string =>
  commands.length === 0 ? 'no verification' : commandsText(commands, folder);
