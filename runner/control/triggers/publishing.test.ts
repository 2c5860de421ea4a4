import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { inReview, publish } from '../../../test/suites/store-effects.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { onlyOne } from '../store/role.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { startPublishing, type PublishingOptions } from './publishing.ts';

const key = { tenant: 'local', repository: '/r', name: 'bugs' };
const run = 'run_aaaa';
const remote = 'https://git.example.org/a.git';

/** A run in review that a trigger began whose results are published by themselves, and what does that, as often as it is started anew. */
const watched = async (over: Partial<PublishingOptions> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'publishing-'));
  const clock = { now: Date.parse('2030-01-01T01:00:00Z') };
  const store = await openSqliteStore({ folder, now: () => clock.now });
  await inReview(store, run);
  await store.enableTrigger(key, {
    by: 'ada',
    byOwner: true,
    origin: 'repository',
    publishes: 'draft',
    output: 'diff',
  });
  const firing = { event: 'github 1', at: 0, about: 'issue 1', url: null, run, said: null };
  await store.triggerHandled(key, {
    handledAt: 0,
    failures: 0,
    problem: null,
    began: { run, dueAt: null },
    firing: { ...firing, publish: 'draft', ciRepairs: 2 },
    stop: false,
  });
  const asked: string[] = [];
  const options: PublishingOptions = {
    store,
    role: onlyOne,
    publish: async ({ run: id, publish: how, ciRepairs }, { round }) => {
      asked.push(`${id} ${round} ${how} ${ciRepairs}`);
      await publish(store, id, remote);
      return null;
    },
    now: () => clock.now,
    log: pino({ level: 'silent' }),
    ...over,
  };
  return {
    store,
    clock,
    asked,
    pass: async (own: Partial<PublishingOptions> = {}): Promise<void> => {
      await using publishing = startPublishing({ ...options, ...own });
      await publishing.passNow();
    },
    unpublished: async () => (await store.firings(key, 1))[0]?.unpublished,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

test('a result in review is published once, over restarts', async () => {
  await using it = await watched();
  await it.pass();
  await it.pass();
  expect(it.asked).toEqual(['run_aaaa 1 draft 2']);
  expect(await it.unpublished()).toBe(null);
});

test('what a person has to look at first is said, and not asked about again', async () => {
  let asked = 0;
  const publishNothing = async (): Promise<string> => {
    asked += 1;
    return 'Its checks do not pass.';
  };
  await using it = await watched({ publish: publishNothing });
  await it.pass();
  await it.pass();
  expect(asked).toBe(1);
  expect(await it.unpublished()).toBe('Its checks do not pass.');
});

test('what is refused is tried again some times, and then said', async () => {
  const refusal = { code: 'conflict', message: 'The remote cannot be read.', remedy: 'Try again.' } as const;
  let asked = 0;
  await using it = await watched();
  await using publishing = startPublishing({
    store: it.store,
    role: onlyOne,
    publish: () => {
      asked += 1;
      return Promise.reject(new RefusedError(refusal));
    },
    now: () => it.clock.now,
    log: pino({ level: 'silent' }),
  });
  for (let pass = 0; pass < 8; pass += 1) {
    await publishing.passNow();
    it.clock.now += 60_000;
  }
  expect(asked).toBe(5);
  expect(await it.unpublished()).toBe('The remote cannot be read. Try again.');
});

test('of a run that is over nothing more is published', async () => {
  await using it = await watched();
  await it.store.command(run, { kind: 'cancel', by: 'person:ada', reason: '' });
  await it.pass();
  expect(it.asked).toEqual([]);
  expect(await it.store.toPublish()).toEqual([]);
});

test('a kill after it was asked for asks for nothing else', async () => {
  await using it = await watched();
  const killed = { ...it.store, publishTried: () => Promise.reject(new Error('killed')) };
  await it.pass({ store: killed });
  expect(it.asked).toHaveLength(1);
  // The run's log knows of it.
  await it.pass({ publish: async (_, { effects }) => (effects.length > 0 ? null : 'It is asked for again.') });
  expect(await it.unpublished()).toBe(null);
});
