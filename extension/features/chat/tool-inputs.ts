import { z } from 'zod';

/** What chat gives the tools: parsed here, since a model wrote it. */
export const DelegateToolInput = z.object({
  goal: z.string().trim().min(1).max(100_000),
  verification: z.string().trim().min(1).max(10_000).nullish(),
});
export type DelegateToolInput = z.infer<typeof DelegateToolInput>;

/** A run by its number, which models like to write as a text, with or without a sign. */
const RunNumber = z.preprocess(
  (value) => (typeof value === 'string' ? Number(value.trim().replace(/^#/, '')) : value),
  z.int().positive(),
);

export const StatusToolInput = z.object({ run: RunNumber.nullish() });
export const ResultToolInput = z.object({ run: RunNumber });
