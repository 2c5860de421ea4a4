import type { Share } from '../../../../shared/run/statistics.ts';

export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
};

/** With a sign where it is a lower bound; a cost of which nothing is known is not 0. */
export const money = (usd: number, known: boolean): string => {
  if (known) return `$${usd.toFixed(2)}`;
  return usd === 0 ? 'unknown' : `≥ $${usd.toFixed(2)}`;
};

export const percent = ({ count, of }: Share): string => (of === 0 ? '–' : `${Math.round((100 * count) / of)} %`);

export const moment = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
