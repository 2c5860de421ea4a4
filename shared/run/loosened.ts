import { z } from 'zod';
import { Actor } from '../ids.ts';

/** A limit or a rule that an approver let go of. */
export const Loosened = z.strictObject({
  /** `policy`, `budget.usd`, `setup`: what of the task it is. */
  what: z.string().min(1),
  from: z.string(),
  to: z.string(),
  by: Actor,
});

export type Loosened = z.infer<typeof Loosened>;
