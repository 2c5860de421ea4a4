import { z } from 'zod';
import { Json } from '../decision/decision.ts';
import { DecisionId, RunId } from '../ids.ts';

export const DecideInput = z.strictObject({
  run: RunId,
  decision: DecisionId,
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'expected the hash of the decision that was shown'),
  verdict: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('approved'), arguments: Json.nullable().default(null) }),
    z.strictObject({ kind: z.literal('rejected'), reason: z.string().max(10_000).default('') }),
    z.strictObject({ kind: z.literal('answered'), answer: z.string().trim().min(1).max(100_000) }),
  ]),
});
export type DecideInput = z.infer<typeof DecideInput>;
export const RenewInput = z.strictObject({ run: RunId, decision: DecisionId });
export type RenewInput = z.infer<typeof RenewInput>;
