import type { Share } from '../../../../shared/run/statistics.ts';

export const percent = ({ count, of }: Share): string => (of === 0 ? '–' : `${Math.round((100 * count) / of)} %`);

export const moment = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
