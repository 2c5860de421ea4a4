import { z } from 'zod';
import { RunId } from '../../../shared/ids.ts';
import type { HistoryRow } from '../../../shared/run/statistics.ts';

/** What the panel tells its page. */
export type ToPage =
  | { readonly type: 'rows'; readonly rows: readonly HistoryRow[] }
  | { readonly type: 'problem'; readonly message: string };

/** What the page asks of its panel. It shows text that agents wrote, so it is believed nothing else. */
export const FromPage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.enum(['open', 'review']), run: RunId }),
  z.strictObject({
    type: z.literal('export'),
    format: z.enum(['json', 'csv']),
    /** Those that it shows, in its order. */
    runs: z.array(RunId).max(100_000),
  }),
]);
export type FromPage = z.infer<typeof FromPage>;
