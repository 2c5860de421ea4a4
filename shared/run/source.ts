import { z } from 'zod';

/**
 * Where the code of a run comes from. The control plane made `gitDirectory`: a bare repository of the run's own that
 * holds `commit` as `refs/longhaul/base`, with all its files and without its history. `head` is the commit that the user's
 * branch was on, and equals `commit` unless a dirty tree went along.
 */
export const Source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('local'),
    repository: z.string().min(1),
    gitDirectory: z.string().min(1),
    commit: z.string().regex(/^[0-9a-f]{40,64}$/),
    head: z
      .string()
      .regex(/^[0-9a-f]{40,64}$/)
      .nullable(),
    branch: z.string().nullable(),
    dirty: z.boolean(),
  }),
]);
export type Source = z.infer<typeof Source>;
