import type { Share } from '../../../../shared/run/statistics.ts';

export const percent = ({ count, of }: Share): string => (of === 0 ? '–' : `${Math.round((100 * count) / of)} %`);

/** `5/10`, as the reader's language writes it. */
export const dayOf = (iso: string): string =>
  new Date(iso).toLocaleDateString(undefined, { day: 'numeric', month: 'numeric' });
