import type { HistoryRow } from '../../../shared/run/statistics.ts';

export type SortKey = 'number' | 'title' | 'status' | 'createdAt' | 'activeMs' | 'usd' | 'reviewMs';

/** What runs have in common. */
export const facets = ['repository', 'recipe', 'model'] as const;
export type Facet = (typeof facets)[number];

/** What a person looks at: which runs, in which order. */
export interface Listing {
  /** Words that must all be in the title, repository, requester, recipe, model or reason. */
  readonly search: string;
  readonly status: 'all' | 'open' | HistoryRow['status'];
  /** Days since the delegation, at most; null: any. */
  readonly days: number | null;
  readonly of: Readonly<Record<Facet, string | null>>;
  readonly sort: SortKey;
  readonly descending: boolean;
}

export const defaultListing: Listing = {
  search: '',
  status: 'all',
  days: null,
  of: { repository: null, recipe: null, model: null },
  sort: 'number',
  descending: true,
};

/** A facet's value as it is chosen; the empty one: a run without a recipe, or whose model nobody named. */
const valueOf = (row: HistoryRow, facet: Facet): string => row[facet] ?? '';

/** The values of a facet that there are, in order. */
export const valuesOf = (rows: readonly HistoryRow[], facet: Facet): readonly string[] =>
  [...new Set(rows.map((row) => valueOf(row, facet)))].toSorted((a, b) => a.localeCompare(b));

const open: ReadonlySet<HistoryRow['status']> = new Set(['queued', 'ready', 'working', 'waiting', 'reviewing']);

const haystack = ({ number, title, repository, requester, recipe, model, reason, failure }: HistoryRow): string =>
  `#${number} ${title} ${repository} ${requester} ${recipe ?? ''} ${model ?? ''} ${failure ?? ''} ${reason}`.toLowerCase();

/** Unknown values come last, whichever way it is sorted; what is equal stays in the order of the runs, newest first. */
const compare =
  ({ sort, descending }: Listing) =>
  (a: HistoryRow, b: HistoryRow): number => {
    const [one, other] = [a[sort], b[sort]];
    if (one === null || other === null) return Number(one === null) - Number(other === null) || b.number - a.number;
    const order =
      typeof one === 'number' && typeof other === 'number' ? one - other : String(one).localeCompare(String(other));
    return (descending ? -order : order) || b.number - a.number;
  };

/** The rows that are asked for, in the order that is asked for. `now`: ms since the epoch. */
export const listed = (rows: readonly HistoryRow[], listing: Listing, now: number): readonly HistoryRow[] => {
  const words = listing.search.toLowerCase().split(/\s+/).filter(Boolean);
  const { status, days, of } = listing;
  return rows
    .filter((row) => status === 'all' || (status === 'open' ? open.has(row.status) : row.status === status))
    .filter((row) => days === null || Date.parse(row.createdAt) >= now - days * 24 * 3_600_000)
    .filter((row) => facets.every((facet) => of[facet] === null || of[facet] === valueOf(row, facet)))
    .filter((row) => words.every((word) => haystack(row).includes(word)))
    .toSorted(compare(listing));
};
