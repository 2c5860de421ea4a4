import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { inReview, publish } from '../../../test/suites/store-effects.ts';
import type { EffectResult } from '../../../shared/run/effect.ts';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';
import { onlyOne } from '../store/role.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { StoreError, type Store } from '../store/store.ts';
import { startOutbox, type Asked } from './outbox.ts';

const log = pino({ level: 'silent' });
const result: EffectResult = { reference: 'c', url: null, adopted: false, notes: [] };

/** An effect that was begun, and how it is to end. */
interface Begun extends Asked {
  readonly end: PromiseWithResolvers<EffectResult>;
}

/** A real store, and effects that end when the test says so. */
const setUp = async (role = onlyOne) => {
  const folder = await mkdtemp(join(tmpdir(), 'outbox-'));
  const store = await openSqliteStore({ folder });
  const command = store.command.bind(store);
  let failures = 0;
  const failing: Store['command'] = async (run, what, options) => {
    if (what.kind !== 'effected' || failures === 0) return command(run, what, options);
    failures -= 1;
    throw new StoreError('full', 'The disk is full.', { remedy: 'Make room.' });
  };
  Object.assign(store, { command: failing });
  const begun: Begun[] = [];
  let told = Promise.withResolvers<void>();
  const open = () =>
    startOutbox({
      store,
      role,
      now: Date.now,
      log,
      perform: (asked) => {
        const end = Promise.withResolvers<EffectResult>();
        asked.signal.addEventListener('abort', () => end.reject(asked.signal.reason));
        begun.push({ ...asked, end });
        told.resolve();
        return end.promise;
      },
    });
  return {
    store,
    open,
    fail: (times: number) => void (failures = times),
    /** The one of that number, once it has begun. */
    begun: async (number: number): Promise<Begun> => {
      for (;;) {
        const one = begun[number - 1];
        if (one !== undefined) return one;
        await told.promise;
        told = Promise.withResolvers();
      }
    },
    count: () => begun.length,
    status: async (run: string) => (await store.state(run))?.effects.map(({ status }) => status),
    settled: async (run: string): Promise<void> => {
      for (;;) {
        const { promise: changed, resolve } = Promise.withResolvers<void>();
        const forget = store.onCommit(() => resolve());
        const is = (await store.state(run))?.effects.every(({ status }) => status !== 'requested');
        if (is !== true) await changed;
        forget();
        if (is === true) return;
      }
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

test('a host that does not answer holds up no other, and to one host one request is made after the other', async () => {
  await using rig = await setUp();
  await using _outbox = rig.open();
  for (const [run, host] of [
    ['run_aaaa', 'slow'],
    ['run_bbbb', 'slow'],
    ['run_cccc', 'quick'],
  ] as const) {
    await inReview(rig.store, run);
    await publish(rig.store, run, `https://${host}.example.org/a.git`);
  }
  const first = await rig.begun(1);
  const other = await rig.begun(2);
  expect([first.run.id, other.run.id]).toEqual(['run_aaaa', 'run_cccc']);
  other.end.resolve(result);
  await rig.settled('run_cccc');
  expect(rig.count()).toBe(2);
  first.end.resolve(result);
  const second = await rig.begun(3);
  expect(second.run.id).toBe('run_bbbb');
  second.end.resolve(result);
  await rig.settled('run_bbbb');
});

test('what is under way when the runner stops is ended, told of by nobody, and begun anew by the next', async () => {
  await using rig = await setUp();
  await inReview(rig.store, 'run_aaaa');
  await publish(rig.store, 'run_aaaa', 'https://git.example.org/a.git');
  const outbox = rig.open();
  await rig.begun(1);
  await outbox[Symbol.asyncDispose]();
  expect(await rig.status('run_aaaa')).toEqual(['requested']);
  await using _next = rig.open();
  (await rig.begun(2)).end.resolve(result);
  await rig.settled('run_aaaa');
  expect(await rig.status('run_aaaa')).toEqual(['done']);
});

test('what was done and could not be put on record is looked for again', async () => {
  await using rig = await setUp();
  await using _outbox = rig.open();
  rig.fail(1);
  await inReview(rig.store, 'run_aaaa');
  await publish(rig.store, 'run_aaaa', 'https://git.example.org/a.git');
  (await rig.begun(1)).end.resolve(result);
  (await rig.begun(2)).end.resolve({ ...result, adopted: true });
  await rig.settled('run_aaaa');
  expect((await rig.store.state('run_aaaa'))?.effects[0]).toMatchObject({ result: { adopted: true } });
});

test('an error that nobody expected is tried again, and on record', async () => {
  await using rig = await setUp();
  await using _outbox = rig.open();
  await inReview(rig.store, 'run_aaaa');
  await publish(rig.store, 'run_aaaa', 'https://git.example.org/a.git');
  (await rig.begun(1)).end.reject(new Error('a defect'));
  const second = await rig.begun(2);
  expect(second.effect).toMatchObject({ failures: 1, said: 'a defect' });
  second.end.reject(new EffectTrouble('No.', { remedy: 'Do not.', again: false }));
  await rig.settled('run_aaaa');
  expect(await rig.status('run_aaaa')).toEqual(['failed']);
});

test('without the role nothing is done', async () => {
  const looked = Promise.withResolvers<void>();
  const role = {
    get held(): boolean {
      looked.resolve();
      return false;
    },
    fence: 1,
    onTaken: () => {},
  };
  await using rig = await setUp(role);
  await inReview(rig.store, 'run_aaaa');
  await publish(rig.store, 'run_aaaa', 'https://git.example.org/a.git');
  const outbox = rig.open();
  await looked.promise;
  await outbox[Symbol.asyncDispose]();
  expect(rig.count()).toBe(0);
});
