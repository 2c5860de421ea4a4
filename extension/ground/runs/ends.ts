import { z } from 'zod';
import type { RunSummary } from '../../../shared/run/summary.ts';

/** An end that no person made: news, until somebody has seen it. */
export type End = Extract<RunSummary, { status: 'completed' | 'failed' }>;

/** Ms. An end that nobody has seen for so long is history, which has a view of its own. */
const newsForMs = 7 * 24 * 3_600_000;

/** More ends of seven days than anybody has. */
const keptEnds = 1_000;

/** What is kept of it. */
export const Seen = z.object({
  /** When the editor began to look after ends: those before it were never news here. */
  since: z.iso.datetime(),
  /** By the id of a run, when the end that was seen came: one that is resumed has another end. */
  ends: z.record(z.string(), z.iso.datetime()),
});
export type Seen = z.infer<typeof Seen>;

const isNews = (at: string, now: number): boolean => now - Date.parse(at) <= newsForMs;

/** Ends that are news and that nobody has seen, the last first. `now` in ms since the epoch. */
export const unseenEnds = (states: readonly RunSummary[], { since, ends }: Seen, now: number): readonly End[] =>
  states
    .filter((state) => state.status === 'completed' || state.status === 'failed')
    .filter(({ archived }) => archived === null)
    .filter(({ id, at }) => isNews(at, now) && Date.parse(at) >= Date.parse(since) && ends[id] !== at)
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));

/** With these ends seen, and without what is not news any more. */
export const withSeen = ({ since, ends }: Seen, seen: readonly Pick<End, 'id' | 'at'>[], now: number): Seen => {
  const all = { ...ends, ...Object.fromEntries(seen.map(({ id, at }) => [id, at])) };
  const kept = Object.entries(all)
    .filter(([, at]) => isNews(at, now))
    .toSorted(([, a], [, b]) => Date.parse(b) - Date.parse(a))
    .slice(0, keptEnds);
  return { since, ends: Object.fromEntries(kept) };
};
