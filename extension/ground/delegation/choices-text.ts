import { t } from '@vscode/l10n';
import { budgetNames, type BudgetName } from '../../../shared/run/budget.ts';
import { commandWithout } from '../../../shared/run/command-folder.ts';
import type { PlannedCommand } from '../../../shared/run/events.ts';
import { policies, type Choices } from './choices.ts';

export const baseText = (base: Choices['base']): string =>
  base === 'worktree' ? t('the working tree as it is, with what is not committed') : t('the last commit (HEAD)');

/** `npm test, npm run e2e (in web)`; `folder`: the one that they may have been planned for. */
export const commandsText = (commands: readonly PlannedCommand[], folder = ''): string =>
  commands.length === 0 ? t('none') : commands.map((planned) => commandText(planned, folder)).join(', ');

const commandText = ({ command, network }: PlannedCommand, folder: string): string => {
  const typed = commandWithout(folder, command);
  const facts = [
    typed === command ? '' : t('in {0}', folder),
    network.length === 0 ? '' : t('network: {0}', network.join(', ')),
  ];
  const said = facts.filter(Boolean).join('; ');
  return said === '' ? typed : `${typed} (${said})`;
};

const budgetUnits: Record<BudgetName, (limit: number) => string> = {
  turns: (limit) => (limit === 1 ? t('1 turn') : t('{0} turns', limit)),
  tokens: (limit) => t('{0} tokens', limit.toLocaleString('en')),
  usd: (limit) => `$${limit}`,
  activeMinutes: (limit) => t('{0} min of work', limit),
  toolMinutes: (limit) => t('{0} min in commands', limit),
  retries: (limit) => (limit === 1 ? t('1 retry') : t('{0} retries', limit)),
};
const lifted: Record<BudgetName, string> = {
  turns: t('any number of turns'),
  tokens: t('any number of tokens'),
  usd: t('any cost'),
  activeMinutes: t('any time'),
  toolMinutes: t('any time in commands'),
  retries: t('any number of retries'),
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
    choices.base === 'worktree' ? t('working tree') : 'HEAD',
    choices.images.length === 0 ? '' : imagesText(choices.images.length),
    choices.verification === null ? '' : verificationText(choices.verification, folder),
    budgetText(choices.budget),
    choices.policy === 'repository' ? '' : policies[choices.policy].label.toLowerCase(),
    choices.model ?? '',
  ]
    .filter(Boolean)
    .join(' · ');

const verificationText = (commands: readonly PlannedCommand[], folder: string): string =>
  commands.length === 0 ? t('no verification') : commandsText(commands, folder);

const imagesText = (count: number): string => (count === 1 ? t('1 image') : t('{0} images', count));
