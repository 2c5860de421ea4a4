import { calcPrice } from '@pydantic/genai-prices';
import type { Usage } from '../../../shared/run/model-item.ts';

/** Whose prices count: the endpoint that is asked, unless a person says which provider it bills like. */
interface PricedAt {
  /** With its `/v1`. Default: OpenAI's own. */
  readonly baseURL?: string | undefined;
  /** A provider of genai-prices (`openai`, `azure`, `groq`, …), said by a person for an endpoint that we cannot know. */
  readonly pricesOf?: string | undefined;
}

/**
 * What a call cost in US dollars, by the list prices that came with @pydantic/genai-prices, or null where nobody can say: a model without a known price, or an endpoint that is not OpenAI's own
 * (a local server may carry the name of an OpenAI model and cost nothing).
 */
export function costOf(usage: Usage, model: string, at: PricedAt = {}): number | null {
  const price = priceOf(usage, model, at);
  if (price === null) return null;
  const free = usage.input + usage.output > 0 && price.total_price === 0;
  return free || !Number.isFinite(price.total_price) ? null : price.total_price;
}

/** Whether what a model's calls cost is known, so that a budget of US dollars holds. */
export const isPriced = (model: string, at: PricedAt = {}): boolean =>
  costOf({ input: 1, cached: 0, cacheWrite: 0, output: 1, reasoning: 0 }, model, at) !== null;

/** Tokens that a model takes, input and output together, or null where unknown; trusted by the same rule as a price. */
export function contextWindowOf(model: string, at: PricedAt = {}): number | null {
  const nothing: Usage = { input: 0, cached: 0, cacheWrite: 0, output: 0, reasoning: 0 };
  return priceOf(nothing, model, at)?.model.context_window ?? null;
}

function priceOf(usage: Usage, model: string, at: PricedAt): ReturnType<typeof calcPrice> {
  const providerId = providerOf(at);
  if (providerId === null) return null;
  const tokens = {
    input_tokens: usage.input,
    cache_read_tokens: usage.cached,
    cache_write_tokens: usage.cacheWrite,
    output_tokens: usage.output,
  };
  try {
    return calcPrice(tokens, model, { providerId });
  } catch {
    // Counts that contradict each other (more cached than input) have no price.
    return null;
  }
}

function providerOf({ baseURL, pricesOf }: PricedAt): string | null {
  if (pricesOf !== undefined) return pricesOf;
  if (baseURL === undefined) return 'openai';
  const url = URL.parse(baseURL);
  if (url?.protocol !== 'https:') return null;
  return url.hostname === 'api.openai.com' ? 'openai' : url.hostname === 'api.anthropic.com' ? 'anthropic' : null;
}
