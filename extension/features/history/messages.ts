import type { HistoryRow } from '../../../shared/run/statistics.ts';

/** What the panel tells its page. */
export type ToPage =
  | { readonly type: 'rows'; readonly rows: readonly HistoryRow[] }
  | { readonly type: 'problem'; readonly message: string };

/** What the page asks of its panel. `export`: the runs that it lists, in its order. */
export type Asked =
  | { readonly type: 'ready' }
  | { readonly type: 'open' | 'review'; readonly run: string }
  | { readonly type: 'export'; readonly format: 'json' | 'csv'; readonly runs: readonly string[] };
