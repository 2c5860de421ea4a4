import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { homeAt } from '../../machine/home/home.ts';
import type { Store } from '../store/store.ts';
import { openRetention } from './retention.ts';

const hour = 3_600_000;
const day = 24 * hour;

test('blobs that nothing needs are looked for every hour, and on at once while there are more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'retention-'));
  const home = homeAt(folder);
  await mkdir(home.runs);
  const asked: Parameters<Store['forgetBlobs']>[0][] = [];
  const role = { held: true, fence: 7 };
  const removed: (readonly [number, number])[] = [];
  const answers = [Array.from({ length: 500 }, (_, index) => `${index}`), ['last'], []];
  const retention = await openRetention({
    store: {
      state: async () => null,
      forgetBlobs: async (input) => {
        asked.push(input);
        return answers.shift() ?? [];
      },
    },
    blobs: {
      remove: async (hashes, spareMs) => {
        removed.push([hashes.length, spareMs]);
        // A place that cannot be reached is no reason to stop looking after runs.
        if (hashes.length === 1) throw new Error('it cannot be reached');
      },
    },
    home,
    role,
    sourceDays: 30,
    treeDays: 7,
    shared: false,
    log: pino({ level: 'silent' }),
  });
  const now = 1_800_000_000_000;
  const { signal } = new AbortController();
  expect([await retention.pass(now, signal), await retention.pass(now, signal)]).toEqual([now, now + hour]);
  expect(await retention.pass(now + 1, signal)).toBe(now + hour);
  expect(await retention.pass(now + hour, signal)).toBe(now + 2 * hour);
  expect(asked).toEqual(
    [now, now, now + hour].map((at) => ({
      sourcesBefore: at - 30 * day,
      checkpointsBefore: at - 7 * day,
      unusedSince: at - day,
      limit: 500,
      role: 7,
    })),
  );
  // They are those of all control planes.
  role.held = false;
  await retention.pass(now + 3 * hour, signal);
  expect(asked).toHaveLength(3);
  expect(removed).toEqual([
    [500, hour],
    [1, hour],
    [0, hour],
  ]);
  await rm(folder, { recursive: true });
});
