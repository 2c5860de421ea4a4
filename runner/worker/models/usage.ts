import { z } from 'zod';
import { Usage } from '../../../shared/run/model-item.ts';
import { type Bag, isBag } from './lenient.ts';

const Details = z
  .looseObject({
    cached_tokens: z.number().nullish(),
    cache_write_tokens: z.number().nullish(),
    reasoning_tokens: z.number().nullish(),
  })
  .nullish();
const WireUsage = z.object({ input: z.number(), inputDetails: Details, output: z.number(), outputDetails: Details });

/**
 * `usage` as OpenAI has it, or null where it is missing or no count of tokens. Missing details count as 0. What goes in and what comes out have
 * names of their own in each of its APIs; some servers send both, one of them 0.
 */
export function usageOf(
  wire: unknown,
  [into, out]: readonly ['input', 'output'] | readonly ['prompt', 'completion'],
): Usage | null {
  const bag: Bag = isBag(wire) ? wire : {};
  const parsed = WireUsage.safeParse({
    input: bag[`${into}_tokens`],
    inputDetails: bag[`${into}_tokens_details`],
    output: bag[`${out}_tokens`],
    outputDetails: bag[`${out}_tokens_details`],
  });
  if (!parsed.success) return null;
  const { input, inputDetails, output, outputDetails } = parsed.data;
  const usage = Usage.safeParse({
    input,
    cached: inputDetails?.cached_tokens ?? 0,
    cacheWrite: inputDetails?.cache_write_tokens ?? 0,
    output,
    reasoning: outputDetails?.reasoning_tokens ?? 0,
  });
  return usage.success ? usage.data : null;
}
