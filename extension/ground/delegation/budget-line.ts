import { t } from '@vscode/l10n';
import { Budget, budgetNames } from '../../../shared/run/budget.ts';
import type { Choices } from './choices.ts';

/** `turns=40, usd=2, tokens=none`, as the command line takes it too. */
export const budgetLine = (budget: Choices['budget']): string =>
  budgetNames
    .flatMap((name) => {
      const limit = budget[name];
      return limit === undefined ? [] : [`${name}=${limit ?? 'none'}`];
    })
    .join(', ');

export type ParsedBudget =
  | { readonly outcome: 'ok'; readonly budget: Choices['budget'] }
  | { readonly outcome: 'invalid'; readonly message: string };

/** The reverse of `budgetLine`. Empty: nothing is said. */
export const parseBudget = (line: string): ParsedBudget => {
  const budget: Record<string, number | null> = {};
  for (const part of line.split(/[\s,]+/).filter(Boolean)) {
    const [name = '', value = ''] = part.split('=');
    if (!budgetNames.some((known) => known === name))
      return { outcome: 'invalid', message: t('"{0}" is no budget. There are {1}.', name, budgetNames.join(', ')) };
    if (name in budget) return { outcome: 'invalid', message: t('{0} is given twice.', name) };
    const limit = value === 'none' ? null : Number(value);
    if (value === '' || !Budget.partial().safeParse({ [name]: limit }).success)
      return { outcome: 'invalid', message: t('{0}={1}: expected a number above 0, or none.', name, value) };
    budget[name] = limit;
  }
  return { outcome: 'ok', budget };
};
