import { RefusedError } from '../../../shared/api/router.ts';
import type { RepositorySettings } from '../../machine/repository/settings.ts';
import type { UsableTrigger } from '../../machine/triggers/definitions.ts';
import { toldRefusal } from '../triggers/known-definitions.ts';
import { refused, type ControlPlane } from './plane.ts';
import { chooseRecipe } from './recipes.ts';
import { configIn } from './repository-settings.ts';

/**
 * A limit in money that nobody could count holds nothing back: such a trigger begins no runs. Throws RefusedError where its file says one and the price of
 * the model that its runs would have is not known.
 */
export const mustBeCounted = async (
  { config, priceOf }: Pick<ControlPlane, 'config' | 'priceOf'>,
  { trigger: { usdPerDay, recipe } }: Pick<UsableTrigger, 'trigger'>,
  settings: RepositorySettings | null,
): Promise<void> => {
  if (usdPerDay === null) return;
  const own = recipe === null ? null : chooseRecipe(settings, recipe).model;
  const model = own ?? configIn(settings)?.model ?? config.model.name;
  if ((await priceOf(model)) !== null) return;
  throw refused(
    'invalid',
    `Its file says "usdPerDay: ${usdPerDay}", and the price of ${model} at this endpoint is not known: what its runs spend cannot be counted.`,
    'Take a model of known price (model, in its recipe or .longhaul/config.yaml), have the operator say whose prices hold (model.pricesOf in config.yaml), or leave usdPerDay out and limit its runs by perDay and by the budgets of turns and tokens.',
  );
};

/** The same in a sentence; null: it can be counted, or need not. */
export const uncounted = async (...given: Parameters<typeof mustBeCounted>): Promise<string | null> => {
  try {
    await mustBeCounted(...given);
    return null;
  } catch (error) {
    if (error instanceof RefusedError) return toldRefusal(error);
    throw error;
  }
};
