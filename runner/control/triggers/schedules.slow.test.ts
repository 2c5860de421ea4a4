import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { someTask } from '../../../test/fakes/task.ts';
import { inReview } from '../../../test/suites/store-effects.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import type { Trigger } from '../../../shared/recipe/trigger.ts';
import { definitionsIn } from '../../machine/triggers/definitions.ts';
import { scheduleOf } from '../../local/schedule.ts';
import { onlyOne } from '../store/role.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { dueNow } from './due.ts';
import { openDefinitions } from './known-definitions.ts';
import { startSchedules, type SchedulesOptions } from './schedules.ts';

const key = { tenant: 'local', repository: '/r', name: 'nightly' };

const nothing = { failures: 0, problem: null, began: null, firing: null, stop: false };
const ada = { by: 'ada', byOwner: true, origin: 'repository', publishes: 'no', output: 'diff' } as const;

/** A store in which ada enabled a trigger of each hour at 00:30, and what looks after it, as often as it is started anew at a time of that day. */
const watched = async (own: Partial<Trigger>, over: Partial<SchedulesOptions> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'schedules-'));
  let time = Date.parse('2026-05-01T00:30:00Z');
  const store = await openSqliteStore({ folder, now: () => time });
  await store.enableTrigger(key, ada);
  const reads = { count: 0 };
  const said = { names: ['nightly'], file: { schedule: '0 * * * *', goal: 'Look.', ...own } };
  const begun: string[] = [];
  const read = async () => {
    reads.count += 1;
    const text = stringify(said.file);
    const named = (name: string) => ({ path: `triggers/${name}.yaml`, bytes: text.length, text });
    return definitionsIn(said.names.map(named), 'main');
  };
  // Each look is that of a runner that was just started.
  const definitionOf: SchedulesOptions['definitionOf'] = (...asked) => known(...asked);
  let known = openDefinitions(read, () => time);
  const options = (given: Store): SchedulesOptions => ({
    store: given,
    role: onlyOne,
    definitionOf,
    // As delegating with a key does it.
    begin: async (_row, _definition, dueAt) => {
      const due = new Date(dueAt).toISOString().slice(0, 16);
      const run = `run_${due.replaceAll(/\W/g, '').toLowerCase()}`;
      const { outcome, state } = await given.create({ run, task: someTask(), dedupeKey: due });
      if (outcome === 'created') begun.push(due.slice(5));
      return state;
    },
    shared: false,
    now: () => time,
    log: pino({ level: 'silent' }),
    ...over,
  });
  const at = async (clock: string, given: Store = store): Promise<void> => {
    time = Date.parse(`2026-05-${clock}:00Z`);
    known = openDefinitions(read, () => time);
    await using schedules = startSchedules(options(given));
    await schedules.passNow();
  };
  return {
    store,
    begun,
    said,
    reads,
    at,
    row: async () => (await store.triggers(null))[0],
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

test('each time that comes is one run, however often it is looked at, and nothing that came before it was enabled', async () => {
  await using it = await watched({ whileOpen: 'begin' });
  await it.at('01T00:40');
  expect(it.begun).toEqual([]);
  for (const clock of ['01T01:00', '01T01:00', '01T01:30', '01T02:01', '01T02:02']) await it.at(clock);
  expect(it.begun).toEqual(['05-01T01:00', '05-01T02:00']);
  expect(await it.row()).toMatchObject({ handledAt: Date.parse('2026-05-01T02:00Z'), problem: null });
});

test.each([
  ['skip', []],
  ['once', ['05-02T00:00']],
  [
    'all',
    Array.from({ length: 23 }, (_, hour) => `05-01T${String(hour + 1).padStart(2, '0')}:00`).concat('05-02T00:00'),
  ],
] as const)('a day without a runner: %s', async (missed, wanted) => {
  await using it = await watched({ missed, whileOpen: 'begin' });
  await it.at('02T00:30');
  expect(it.begun).toEqual(wanted);
  await it.at('02T00:40');
  await it.at('02T01:00');
  expect(it.begun).toEqual([...wanted, '05-02T01:00']);
});

test.each([
  ['skip', ['05-01T03:00']],
  ['once', ['05-01T03:00']],
  ['all', ['05-01T02:58', '05-01T02:59', '05-01T03:00']],
] as const)('three minutes without a runner, of a trigger of each minute: %s', async (missed, wanted) => {
  await using it = await watched({ schedule: '* * * * *', missed, whileOpen: 'begin' });
  await it.store.triggerHandled(key, { ...nothing, handledAt: Date.parse('2026-05-01T02:57Z') });
  await it.at('01T03:00');
  expect(it.begun).toEqual(wanted);
});

test('a clock that is set forth by a day and back again has no time come twice', async () => {
  await using it = await watched({ missed: 'once', whileOpen: 'begin' });
  for (const clock of ['01T01:00', '02T01:00', '01T02:00', '01T23:00', '02T01:00', '02T02:00']) await it.at(clock);
  expect(it.begun).toEqual(['05-01T01:00', '05-02T01:00', '05-02T02:00']);
});

test('what was begun before the runner was killed is not begun again, but put on record', async () => {
  await using it = await watched({});
  const killed = { ...it.store, triggerHandled: () => Promise.reject(new Error('killed')) };
  await it.at('01T01:00', killed);
  expect(it.begun).toEqual(['05-01T01:00']);
  expect(await it.row()).toMatchObject({ run: null });
  await it.at('01T01:02');
  expect(it.begun).toHaveLength(1);
  expect(await it.row()).toMatchObject({ run: 'run_20260501t0100' });
});

test('two that both believe to have the role begin one run', async () => {
  await using it = await watched({});
  await Promise.all([it.at('01T01:00'), it.at('01T01:00')]);
  expect(it.begun).toEqual(['05-01T01:00']);
});

test('while the run before has come to no result there is no other, and it says so', async () => {
  await using it = await watched({});
  await it.at('01T01:00');
  await it.at('01T02:00');
  expect(it.begun).toHaveLength(1);
  expect((await it.row())?.problem).toBe(
    'No run was begun for 2026-05-01 02:00 UTC: run 1, the one before, had come to no result yet.',
  );
  await it.store.command('run_20260501t0100', { kind: 'cancel', by: 'person:ada', reason: '' });
  await it.at('01T03:00');
  expect(it.begun).toHaveLength(2);
  expect((await it.row())?.problem).toBe(null);
});

test('what waits for a review is a result', async () => {
  await using it = await watched({});
  await inReview(it.store, 'run_aaaa');
  const handled = { ...nothing, handledAt: 0 };
  await it.store.triggerHandled(key, { ...handled, began: { run: 'run_aaaa', dueAt: null } });
  await it.at('01T01:00');
  expect(it.begun).toEqual(['05-01T01:00']);
});

test('whose runs fail three times one after the other begins no more until somebody enables it', async () => {
  await using it = await watched({});
  const fail = async (run: string): Promise<void> => {
    const state = await it.store.state(run);
    const activation = state !== null && 'activation' in state ? state.activation : '';
    const leaseUntil = Date.parse('2026-05-03T00:00Z');
    await it.store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil });
    const failed = { v: 1, type: 'run.failed', class: 'task', message: 'It is broken.' } as const;
    const written = await it.store.command(
      run,
      { kind: 'append', activation, fence: 1, events: [failed] },
      { leaseUntil },
    );
    if (written.outcome === 'refused') throw new Error(written.refusal.message);
  };
  for (const hour of ['01', '02', '03']) {
    await it.at(`01T${hour}:00`);
    await fail(`run_20260501t${hour}00`);
  }
  await it.at('01T04:00');
  expect(it.begun).toHaveLength(3);
  expect(await it.row()).toMatchObject({
    enabled: false,
    failures: 3,
    problem:
      'It was stopped, because its last 3 runs failed. See why: longhaul show 3. Then: longhaul triggers enable nightly --repo /r',
  });
  await it.at('01T05:00');
  expect(it.begun).toHaveLength(3);
  await it.store.enableTrigger(key, {
    by: 'bob',
    byOwner: true,
    origin: 'repository',
    publishes: 'no',
    output: 'diff',
  });
  expect(await it.row()).toMatchObject({ enabled: true, by: 'bob', failures: 0, problem: null });
  await it.at('01T06:00');
  expect(it.begun.at(-1)).toBe('05-01T06:00');
});

test('a file that is broken begins nothing and is said; mended it goes on, with what it missed', async () => {
  await using it = await watched({});
  it.said.file = { schedule: 'never', goal: 'Look.' };
  await it.at('01T01:10');
  expect(it.begun).toEqual([]);
  expect((await it.row())?.problem).toContain(
    '.longhaul/triggers/nightly.yaml of main cannot be used: schedule: "never"',
  );
  it.said.file = { schedule: '0 * * * *', goal: 'Look.' };
  await it.at('01T01:12');
  expect(it.begun).toEqual(['05-01T01:00']);
  expect((await it.row())?.problem).toBe(null);
});

test('a file that is gone begins nothing, and is said', async () => {
  await using it = await watched({});
  it.said.names = [];
  await it.at('01T01:10');
  expect(it.begun).toEqual([]);
  expect((await it.row())?.problem).toBe('The default branch of /r has no .longhaul/triggers/nightly.yaml.');
});

test('of many triggers of one repository that are due, it is read once', async () => {
  await using it = await watched({ whileOpen: 'begin' });
  it.said.names = ['nightly', ...Array.from({ length: 20 }, (_, index) => `other-${index}`)];
  for (const name of it.said.names.slice(1)) await it.store.enableTrigger({ ...key, name }, ada);
  await it.at('01T01:00');
  expect((await it.store.triggers(null)).map(({ handledAt }) => handledAt)).toEqual(
    Array.from({ length: 21 }, () => Date.parse('2026-05-01T01:00Z')),
  );
  expect(it.reads.count).toBe(1);
});

test('a run that cannot be is said with the time that it was for, and not tried for ever', async () => {
  const refusal = { code: 'invalid', message: 'There is no recipe "x".', remedy: 'Take one of these.' } as const;
  await using it = await watched({}, { begin: () => Promise.reject(new RefusedError(refusal)) });
  await it.at('01T01:00');
  expect(await it.row()).toMatchObject({
    handledAt: Date.parse('2026-05-01T01:00Z'),
    problem: 'No run was begun for 2026-05-01 01:00 UTC: There is no recipe "x". Take one of these.',
  });
});

test('what nobody has the role for begins nothing', async () => {
  await using it = await watched({}, { role: { held: false, onTaken: () => () => {} } });
  await it.at('01T01:00');
  expect(it.begun).toEqual([]);
});

test('what has come by the clock and waits for its jitter is what comes next', () => {
  const found = scheduleOf({ schedule: '0 * * * *', timeZone: 'UTC' });
  if (found.outcome === 'refused') throw new Error(found.fault);
  const hour = Date.parse('2026-05-01T01:00Z');
  const standing = { schedule: found.schedule, missed: 'once', jitterMs: 600_000, handledAt: hour - 1 } as const;
  expect(dueNow({ ...standing, now: hour + 300_000 })).toEqual({ fire: [], upTo: null, nextAt: hour + 600_000 });
  expect(dueNow({ ...standing, now: hour + 600_000 })).toMatchObject({ fire: [hour], upTo: hour });
});
