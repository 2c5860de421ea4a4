/** A moment as the reader's language and clock have it, in every view and page alike: `4 Mar 2026, 12:01`. */
export const localTime = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
