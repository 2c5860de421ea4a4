import { Budget, budgetNames } from '../../shared/run/budget.ts';

export type ParsedBudget =
  | { readonly outcome: 'ok'; readonly budget: Partial<Budget> }
  | { readonly outcome: 'invalid'; readonly message: string };

/** `turns=40,usd=2,tokens=none`: each limit once; `none` lifts it. What is not named keeps its default. */
export const parseBudget = (text: string): ParsedBudget => {
  const limits: Record<string, number | null> = {};
  for (const part of text.split(',')) {
    const [name = '', value, ...rest] = part.split('=').map((side) => side.trim());
    if (!budgetNames.some((known) => known === name))
      return invalid(`${JSON.stringify(name)} is no budget; there are ${budgetNames.join(', ')}`);
    if (value === undefined || value === '' || rest.length > 0) return invalid(`expected ${name}=<number>`);
    if (name in limits) return invalid(`${name} is given twice`);
    const limit = value === 'none' ? null : Number(value.replaceAll('_', ''));
    const fits = Budget.partial().safeParse({ [name]: limit });
    if (!fits.success) {
      const whole = ['turns', 'tokens', 'retries'].includes(name) ? 'a whole number' : 'a number';
      return invalid(`${name}=${value}: expected ${whole} above 0, or none`);
    }
    limits[name] = limit;
  }
  return { outcome: 'ok', budget: limits };
};

const invalid = (message: string): ParsedBudget => ({ outcome: 'invalid', message });
