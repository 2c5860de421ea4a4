import { calcPrice } from '@pydantic/genai-prices';
import type { ModelPrice } from '../../../shared/recipe/preview.ts';
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

/** What a million tokens cost by list price; null: nobody knows, and no budget of US dollars holds. Small calls: some prices rise with length. */
export const listPrice = (model: string, at: PricedAt = {}): ModelPrice | null => {
  const nothing: Usage = { input: 0, cached: 0, cacheWrite: 0, output: 0, reasoning: 0 };
  const input = costOf({ ...nothing, input: 1_000 }, model, at);
  const output = costOf({ ...nothing, output: 1_000 }, model, at);
  return input === null || output === null ? null : { input: perMillion(input), output: perMillion(output) };
};

/** Of what a thousand cost, without what floating point adds. */
const perMillion = (usd: number): number => Number((usd * 1_000).toPrecision(6));

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
