import type { LowerBudget } from '../../../shared/recipe/settings.ts';
import { defaultBudget, type Budget } from '../../../shared/run/budget.ts';

/** What holds for a run, and who said something of it: delegation, recipe, repository. */
export interface SaidBudgets {
  readonly budget: Pick<Budget, 'usd'>;
  readonly said: readonly Pick<LowerBudget, 'usd'>[];
}

/** The limit of US dollars that somebody asked for; null: none, or the one that holds where nobody says otherwise. Pure. */
export const askedUsd = ({ budget: { usd }, said }: SaidBudgets): number | null =>
  usd !== defaultBudget.usd || said.some((own) => typeof own.usd === 'number') ? usd : null;

/** For whoever delegates with such a limit to a model whose price is not known. The model's name may be a repository's. */
export const unpricedNote = (model: string, usd: number): string =>
  `The price of ${model} at this endpoint is not known: its cost counts as "unknown", and the budget of US$ ${usd} does not hold. Those of tokens and turns do. Where the endpoint bills like a known provider: model.pricesOf.`;
