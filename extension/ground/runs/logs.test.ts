import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../shared/run/events.ts';
import { eventAt } from '../../../test/fakes/event.ts';
import { Logs } from './logs.ts';

const quiet = { warn: () => undefined };

/** A follower of a log that grows, from a feed that loses some events and brings some again. */
const followed = async (
  length: number,
  feed: readonly (readonly [lost: boolean, back: number])[],
): Promise<readonly RunEvent[]> => {
  const log: RunEvent[] = [];
  const told: RunEvent[] = [];
  const logs = new Logs(async ({ after, limit }) => log.slice(after, after + limit), quiet);
  logs.follow('run_k3v9x2', (events) => told.push(...events));
  for (let seq = 1; seq <= length; seq += 1) {
    log.push(eventAt(seq));
    const [lost, back] = feed[seq % feed.length] ?? [false, 0];
    if (back > 2) await turn();
    if (!lost || seq === length) for (const event of log.slice(Math.max(0, seq - 1 - back))) logs.take(event);
  }
  for (let turns = 0; turns < 1_000 && told.length < length; turns += 1) await turn();
  logs.dispose();
  return told;
};

test('a log is told on in order and once, whatever the feed brings again and whatever it lacks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(fc.boolean(), fc.nat(5)), { minLength: 1, maxLength: 7 }),
      async (length, feed) => {
        expect(await followed(length, feed)).toEqual(Array.from({ length }, (_, at) => eventAt(at + 1)));
      },
    ),
    { numRuns: 200 },
  );
});

test('a log that cannot be read is read again; who has left is told no more', async () => {
  const told: number[] = [];
  let attempts = 0;
  const logs = new Logs(async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('away');
    return [eventAt(1)];
  }, quiet);
  const following = logs.follow('run_k3v9x2', (events) => told.push(...events.map(({ seq }) => seq)));
  await expect.poll(() => told).toEqual([1]);
  logs.take(eventAt(2));
  following.dispose();
  logs.take(eventAt(3));
  expect([told, attempts]).toEqual([[1, 2], 2]);
});
