import { z } from 'zod';

/** Limits of one run. Null: no limit. */
export const Budget = z.strictObject({
  turns: z.int().positive().nullable(),
  /** Input and output tokens together. */
  tokens: z.int().positive().nullable(),
  usd: z.number().positive().nullable(),
  /** Minutes that a worker held the run, waits left out. */
  activeMinutes: z.number().positive().nullable(),
  /** Minutes that commands ran. */
  toolMinutes: z.number().positive().nullable(),
  /** Model calls that failed or were lost, and activations that were lost, in a row: without the run getting on in between. */
  retries: z.int().positive().nullable(),
});
export type Budget = z.infer<typeof Budget>;
export type BudgetName = keyof Budget;
export const budgetNames = [
  'turns',
  'tokens',
  'usd',
  'activeMinutes',
  'toolMinutes',
  'retries',
] as const satisfies readonly BudgetName[];

/** What each is counted in. */
const budgetUnits: Record<BudgetName, string> = {
  turns: 'turns',
  tokens: 'tokens',
  usd: 'US dollars',
  activeMinutes: 'minutes of work',
  toolMinutes: 'minutes of commands',
  retries: 'retries in a row',
};

const oneOf: Record<BudgetName, string> = {
  turns: 'turn',
  tokens: 'token',
  usd: 'US dollar',
  activeMinutes: 'minute of work',
  toolMinutes: 'minute of commands',
  retries: 'retry in a row',
};

/** So much of a budget, such as `1 turn`. */
export const budgetAmount = (budget: BudgetName, count: number): string =>
  `${count} ${count === 1 ? oneOf[budget] : budgetUnits[budget]}`;

/** Generous for a repair, small for an accident; a run that reaches one pauses and asks. */
export const defaultBudget: Budget = {
  turns: 60,
  tokens: 3_000_000,
  usd: 10,
  activeMinutes: 60,
  toolMinutes: 30,
  // With the pauses between them (backoff.ts) an endpoint that is out for a quarter of an hour needs nobody.
  retries: 20,
};

export interface Spent {
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The known part of the cost. */
  readonly usd: number;
  /** Model calls whose cost nobody knows: an unpriced model, a lost call. While above 0 the cost is "at least". */
  readonly unpriced: number;
  readonly activeMs: number;
  readonly toolMs: number;
  /** All of them, from the first on. */
  readonly retries: number;
  /** Those since the run last got on: what its budget limits. */
  readonly inVain: number;
}

export const nothingSpent: Spent = {
  turns: 0,
  inputTokens: 0,
  outputTokens: 0,
  usd: 0,
  unpriced: 0,
  activeMs: 0,
  toolMs: 0,
  retries: 0,
  inVain: 0,
};

/** How much of each budget is used, in the budget's own unit. */
export const used = (spent: Spent): Record<BudgetName, number> => ({
  turns: spent.turns,
  tokens: spent.inputTokens + spent.outputTokens,
  usd: spent.usd,
  activeMinutes: spent.activeMs / 60_000,
  toolMinutes: spent.toolMs / 60_000,
  retries: spent.inVain,
});

export interface Exceeded {
  readonly budget: BudgetName;
  readonly limit: number;
  readonly used: number;
}

/** The first budget that is used up, or null. */
export const exceeded = (budget: Budget, spent: Spent): Exceeded | null => {
  const usage = used(spent);
  for (const name of budgetNames) {
    const limit = budget[name];
    if (limit !== null && usage[name] >= limit) return { budget: name, limit, used: usage[name] };
  }
  return null;
};
