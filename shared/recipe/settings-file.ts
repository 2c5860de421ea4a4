import { z } from 'zod';

/** A file below `.longhaul/`, as the repository's default branch has it. `text` null: it is too large to be one. */
export const SettingsFile = z.strictObject({
  path: z.string().regex(/^(config\.yaml|recipes\/[^/]+\.md)$/, 'expected config.yaml or recipes/<name>.md'),
  bytes: z.int().nonnegative(),
  text: z.string().max(1_000_000).nullable(),
});
export type SettingsFile = z.infer<typeof SettingsFile>;
