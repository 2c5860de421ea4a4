import { z } from 'zod';

export const RecipesInput = z.strictObject({
  /** Absolute path of a repository on the runner's machine, for those that it brings; null: the built-in ones alone. */
  repository: z.string().min(1).nullable().default(null),
});
export type RecipesInput = z.infer<typeof RecipesInput>;
