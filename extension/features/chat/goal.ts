import { z } from 'zod';

/** What chat gives the tool: parsed here, since a model wrote it. */
export const DelegateToolInput = z.object({
  goal: z.string().trim().min(1).max(100_000),
  verification: z.string().trim().min(1).max(10_000).nullish(),
});
export type DelegateToolInput = z.infer<typeof DelegateToolInput>;
