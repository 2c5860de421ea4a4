import type { HistoryRow } from '../../../shared/run/statistics.ts';

export type SortKey = 'number' | 'title' | 'status' | 'createdAt' | 'activeMs' | 'usd' | 'reviewMs';

/** What a person looks at: which runs, in which order. */
export interface Listing {
  /** Words that must all be in the title, repository, requester, recipe or reason. */
  readonly search: string;
  readonly status: 'all' | 'open' | HistoryRow['status'];
  readonly sort: SortKey;
  readonly descending: boolean;
}

export const defaultListing: Listing = { search: '', status: 'all', sort: 'number', descending: true };

const open: ReadonlySet<HistoryRow['status']> = new Set(['queued', 'ready', 'working', 'waiting', 'reviewing']);

const haystack = ({ number, title, repository, requester, recipe, reason, failure }: HistoryRow): string =>
  `#${number} ${title} ${repository} ${requester} ${recipe ?? ''} ${failure ?? ''} ${reason}`.toLowerCase();

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

export const listed = (rows: readonly HistoryRow[], listing: Listing): readonly HistoryRow[] => {
  const words = listing.search.toLowerCase().split(/\s+/).filter(Boolean);
  const { status } = listing;
  return rows
    .filter((row) => status === 'all' || (status === 'open' ? open.has(row.status) : row.status === status))
    .filter((row) => words.every((word) => haystack(row).includes(word)))
    .toSorted(compare(listing));
};
