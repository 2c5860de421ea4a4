import { isDeepStrictEqual } from 'node:util';
import type { RunEvent } from '../../shared/run/events.ts';
import { fold } from '../../shared/run/reduce.ts';
import { asks, turnsOf, type Journal } from './load-script.ts';

/** What came of a run with this label. */
export interface Done {
  readonly label: number;
  readonly run: string;
}

interface Seen {
  readonly done: readonly Done[];
  readonly journal: Journal;
  /** All events of all runs, as each control plane's feed told them. */
  readonly feeds: readonly (readonly RunEvent[])[];
}

/** Throws where a run did not end as it should, anything was done twice, or a feed missed or repeated an event. */
export const checkLoad = ({ done, journal, feeds }: Seen): void => {
  for (const feed of feeds)
    must('positions of a feed', [feed.map(({ position }) => position), feed.map((_, index) => index + 1)]);
  const [first = [], ...others] = feeds;
  for (const other of others) must('what two feeds tell', [other, first]);
  must('runs', [done.length, new Set(done.map(({ run }) => run)).size]);
  const byRun = Map.groupBy(first, ({ run }) => run);
  must('runs on record', [byRun.size, done.length]);
  for (const { label, run } of done) checkRun(label, byRun.get(run) ?? []);
  const byTurn = ([one]: readonly [string, number], [other]: readonly [string, number]): number =>
    one < other ? -1 : 1;
  const turns = done.flatMap(({ label }) => turnsOf(label));
  must('turns that the model was asked for', [
    [...journal].toSorted(byTurn),
    turns.map((turn): [string, number] => [turn, 1]).toSorted(byTurn),
  ]);
};

/** Each thing that a run of its kind does, as often as it does it when nothing goes wrong. */
const checkRun = (label: number, events: readonly RunEvent[]): void => {
  const times = (type: RunEvent['body']['type']): number => events.filter(({ body }) => body.type === type).length;
  const activations = asks(label) ? 2 : 1;
  const turns = turnsOf(label).length;
  must(`run ${label}`, [
    {
      status: fold(events)?.status,
      queued: times('activation.queued'),
      leased: times('activation.leased'),
      ended: times('activation.ended'),
      lost: times('activation.lost') + times('model.lost') + times('model.failed'),
      asked: times('model.started'),
      taken: times('turn.taken'),
      decided: times('decision.made'),
      reports: times('report.submitted'),
      results: times('round.finished'),
      reviews: times('review.decided'),
    },
    {
      status: 'accepted',
      queued: activations,
      leased: activations,
      ended: activations,
      lost: 0,
      asked: turns,
      taken: turns,
      decided: activations - 1,
      reports: 1,
      results: 1,
      reviews: 1,
    },
  ]);
};

const must = (what: string, [is, should]: readonly [unknown, unknown]): void => {
  if (isDeepStrictEqual(is, should)) return;
  throw new Error(
    `${what}: ${JSON.stringify(is)?.slice(0, 2_000)} instead of ${JSON.stringify(should)?.slice(0, 2_000)}`,
  );
};
