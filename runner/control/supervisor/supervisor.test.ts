import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { someTask } from '../../../test/fakes/task.ts';
import { ended } from '../../../test/suites/runs.ts';
import type { EventBody } from '../../../shared/run/events.ts';
import type { Engine, Lost } from '../engine/engine.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { StoreError, type Store } from '../store/store.ts';
import { onlyOne } from '../store/role.ts';
import { startSupervisor } from './supervisor.ts';

const log = pino({ level: 'silent' });

/** A real store and a supervisor on it, an engine that does nothing but to tell what it is told, and folders that take for ever. */
const setUp = async (options: { readonly removing?: Promise<void> } = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'supervisor-'));
  const store = await openSqliteStore({ folder });
  const heard = new Set<() => void>();
  store.onCommit(() => {
    for (const look of heard) look();
  });
  let lose: (lost: Lost) => void = () => {};
  const cancelled: string[] = [];
  const having = new Map<string, readonly string[]>();
  let failures = 0;
  const command = store.command.bind(store);
  const failing: Store['command'] = async (...asked) => {
    if (failures === 0) return command(...asked);
    failures -= 1;
    throw new StoreError('full', 'The disk is full.', { remedy: 'Make room.' });
  };
  Object.assign(store, { command: failing });
  let told: Parameters<Store['onCommit']>[0] = () => {};
  const onCommit = store.onCommit.bind(store);
  Object.assign(store, {
    onCommit: (listener: typeof told) => {
      told = listener;
      return onCommit(listener);
    },
  });
  const engine: Engine = {
    kind: 'embedded',
    capacity: () => 0,
    dispatch: async () => {},
    cancel: (activation) => {
      cancelled.push(activation);
      for (const look of heard) look();
    },
    having: (run) => having.get(run) ?? [],
    release: () => {},
    onLost: (listener) => {
      lose = listener;
    },
    parked: () => {},
    onSaid: () => {},
    troubles: () => [],
    resume: async () => [],
    onFree: () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const supervisor = await startSupervisor({
    store,
    engine,
    dispatcher: { look: () => {}, [Symbol.dispose]: () => {} },
    retention: {
      touched: () => {},
      pass: async (now) => {
        await options.removing;
        return now + 3_600_000;
      },
    },
    role: onlyOne,
    workersOf: '',
    leaseSeconds: 15,
    now: Date.now,
    log,
  });
  const until = async <Value>(look: () => Promise<Value | undefined>): Promise<Value> => {
    for (;;) {
      const { promise: changed, resolve } = Promise.withResolvers<void>();
      heard.add(resolve);
      const found = await look();
      if (found === undefined) await changed;
      heard.delete(resolve);
      if (found !== undefined) return found;
    }
  };
  return {
    store,
    cancelled,
    having,
    until,
    lose: (lost: Lost) => lose(lost),
    /** So many commands come to nothing. */
    fail: (times: number) => void (failures = times),
    /** Another control plane wrote something. */
    told: (runs: readonly string[] | null) => told(runs, 'another'),
    create: async (run: string): Promise<string> => {
      const { state } = await store.create({ run, task: someTask(), dedupeKey: null });
      return 'activation' in state ? state.activation : '';
    },
    lease: async (run: string, activation: string, leaseUntil = Date.now() + 600_000) => {
      await store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil });
    },
    saw: (run: string, type: EventBody['type']) =>
      until(async () => (await store.events(run, 0, 1_000)).map(({ body }) => body).find((body) => body.type === type)),
    async [Symbol.asyncDispose]() {
      await supervisor[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

test('a timer fires and a lease ends while folders are being removed', async () => {
  const { promise: removing, resolve: removed } = Promise.withResolvers<void>();
  await using set = await setUp({ removing });
  const [timed, leased] = [await set.create('run_time'), await set.create('run_gone')];
  await set.lease('run_time', timed);
  const at = new Date(Date.now() + 20).toISOString();
  const events = [ended({ kind: 'time', at })];
  await set.store.command('run_time', { kind: 'append', activation: timed, fence: 1, events }, { batch: 1 });
  await set.lease('run_gone', leased, Date.now() + 20);
  expect(await Promise.all([set.saw('run_time', 'timer.fired'), set.saw('run_gone', 'activation.lost')])).toMatchObject(
    [{ type: 'timer.fired' }, { activation: leased }],
  );
  removed();
});

test('what no worker began with is put off and costs nothing; what one had is lost', async () => {
  await using set = await setUp();
  const [never, had] = [await set.create('run_never'), await set.create('run_had1')];
  await set.lease('run_had1', had);
  set.lose({ run: 'run_never', activation: never, reason: 'no memory' });
  set.lose({ run: 'run_had1', activation: had, reason: 'killed' });
  expect(await set.saw('run_never', 'activation.deferred')).toMatchObject({ activation: never, reason: 'no memory' });
  expect(await set.saw('run_had1', 'activation.lost')).toMatchObject({ activation: had, reason: 'killed' });
  expect(await set.store.state('run_never')).toMatchObject({ status: 'queued', losses: 0, spent: { retries: 0 } });
  expect(await set.store.state('run_had1')).toMatchObject({ status: 'queued', losses: 1, spent: { retries: 1 } });
});

test('a loss that the store did not take is written once it takes it', async () => {
  await using set = await setUp();
  const never = await set.create('run_never');
  set.fail(2);
  set.lose({ run: 'run_never', activation: never, reason: 'no memory' });
  expect(await set.saw('run_never', 'activation.deferred')).toMatchObject({ activation: never });
});

test('a lease that was renewed after somebody had seen it run out is kept', async () => {
  await using set = await setUp();
  const activation = await set.create('run_kept');
  await set.lease('run_kept', activation);
  const late = await set.store.command(
    'run_kept',
    { kind: 'lose', activation, reason: 'its worker was not heard of' },
    { overdue: true },
  );
  expect(late).toMatchObject({ outcome: 'refused', refusal: { code: 'conflict' } });
});

test('a run that was cancelled at another control plane is stopped here at once', async () => {
  await using set = await setUp();
  for (const run of ['run_mine', 'run_kept', 'run_rest']) {
    const activation = await set.create(run);
    await set.lease(run, activation);
    if (run !== 'run_rest') set.having.set(run, [activation]);
  }
  const [mine] = set.having.get('run_mine') ?? [];
  await set.store.command('run_mine', { kind: 'cancel', by: 'person:ada', reason: '' });
  await set.store.command('run_rest', { kind: 'cancel', by: 'person:ada', reason: '' });
  set.told(['run_mine', 'run_kept', 'run_rest']);
  expect(await set.until(async () => (set.cancelled.length > 0 ? set.cancelled : undefined))).toEqual([mine]);
});
