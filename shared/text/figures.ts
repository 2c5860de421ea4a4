const twoDigits = (value: number): string => String(value).padStart(2, '0');

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** How long something took, from milliseconds to days: `340 ms`, `2.3 s`, `1 min 24 s`, `3 h 05 min`, `2 d 4 h`. */
export const duration = (ms: number): string => {
  if (ms < second) return `${Math.max(0, Math.round(ms))} ms`;
  // A tenth below the minute, so that rounding never gives "60.0 s".
  if (ms < minute - 50) return `${(ms / second).toFixed(1)} s`;
  const seconds = Math.round(ms / second);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** How long ago or how far ahead, as a person says it: `12 s`, `5 min`, `3 h 05 min`, `2 d`. */
export const span = (ms: number): string => {
  const from = Math.max(0, ms);
  if (from < minute) return `${Math.floor(from / second)} s`;
  const minutes = Math.floor(from / minute);
  if (minutes < 60) return `${minutes} min`;
  if (from < 2 * day) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(from / day)} d`;
};

/** A moment of a run, counted from its delegation: `0:03`, `12:41`, `1:02:33`, `3d 04:00`. */
export const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / second));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)}d ${twoDigits(hours % 24)}:${twoDigits(minutes % 60)}`;
  return hours > 0
    ? `${hours}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`
    : `${minutes}:${twoDigits(seconds % 60)}`;
};

/** `950 B`, `12.3 kB`, `1.2 MB`, `3.4 GB`. */
export const bytes = (value: number): string => {
  if (value < 1_000) return `${value} B`;
  if (value < 999_950) return `${(value / 1_000).toFixed(1)} kB`;
  if (value < 999_950_000) return `${(value / 1_000_000).toFixed(1)} MB`;
  return `${(value / 1_000_000_000).toFixed(1)} GB`;
};

/** `950`, `12.3k`, `1.2M`. */
export const count = (value: number): string => {
  if (value < 1_000) return String(value);
  if (value < 999_950) return `${(value / 1_000).toFixed(1)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
};

/** US dollars; small sums with two digits that say something. What is not known is never shown as 0. */
export const cost = (usd: number, known: boolean): string => {
  if (!known && usd === 0) return 'unknown';
  return `${known ? '' : '≥ '}${dollars(usd)}`;
};

const dollars = (usd: number): string => {
  if (usd === 0) return '$0';
  return usd >= 0.095 ? `$${usd.toFixed(2)}` : `$${Number(usd.toPrecision(2))}`;
};

export const plural = (value: number, one: string, many = `${one}s`): string => `${value} ${value === 1 ? one : many}`;

/** A time as people here write it, with the zone: `2026-03-04 12:01 UTC`. */
export const utc = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** The same to the second, of one that is near: `2026-03-04 12:01:05 UTC`. */
export const utcSeconds = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

/** How much a change is: `2 files, +8 −4`. */
export const changeSize = (change: {
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
}): string => `${plural(change.files, 'file')}, +${change.additions} −${change.deletions}`;
