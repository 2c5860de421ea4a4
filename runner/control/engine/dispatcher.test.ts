import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Command } from '../../../shared/run/command.ts';
import type { Scheduled, Store } from '../store/store.ts';
import { startDispatcher } from './dispatcher.ts';
import type { Engine } from './engine.ts';

const scheduled = (id: string, tenant = 'a'): Scheduled => ({
  run: `run_${id}`,
  number: 1,
  activation: `act_${id}`,
  tenant,
  repository: `/${id}`,
  priority: 0,
  since: '2026-01-01T00:00:00.000Z',
  leaseUntil: null,
  worker: null,
});

/** A queue in memory, and an engine that takes what it is given and says so. */
const setUp = (options: { slots: number; perTenant?: number; held?: boolean; refuses?: string }) => {
  const role = { held: options.held ?? true };
  const queue: Scheduled[] = [];
  const leased: Scheduled[] = [];
  const dispatched: string[] = [];
  const deferred: (readonly [string, Command])[] = [];
  let commit: Parameters<Store['onCommit']>[0] = () => {};
  let free: () => void = () => {};
  let busy = 0;
  const idle = Promise.withResolvers<void>();
  let settled = idle;
  const engine: Engine = {
    kind: 'embedded',
    capacity: () => options.slots - busy,
    dispatch: async ({ activation }) => {
      if (activation === options.refuses) throw new Error('it is away');
      busy += 1;
      dispatched.push(activation);
    },
    cancel: () => {},
    having: () => [],
    release: () => {},
    onLost: () => {},
    parked: () => {},
    onSaid: () => {},
    troubles: () => [],
    resume: async () => [],
    onFree: (listener) => {
      free = listener;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const dispatcher = startDispatcher({
    engine,
    role,
    limits: { perTenant: options.perTenant ?? null, perRepository: null },
    ticketFor: ({ run, activation }) => ({ run, activation, url: 'http://x', token: 'x' }),
    now: () => 0,
    log: pino({ level: 'silent' }),
    store: {
      heads: async () => [...queue],
      queuedAmong: async (runs) => queue.filter(({ run }) => runs.includes(run)),
      command: async (run, command) => {
        deferred.push([run, command]);
        return { outcome: 'refused', refusal: { code: 'conflict', message: '', remedy: '' } };
      },
      leased: async () => {
        // The last read of a look: when the event loop has come round, what it led to has happened.
        const { resolve } = settled;
        setImmediate(resolve);
        return [...leased];
      },
      onCommit: (listener) => {
        commit = listener;
        return () => {
          commit = () => {};
        };
      },
    },
  });
  const after = async (act: () => void): Promise<void> => {
    settled = Promise.withResolvers<void>();
    act();
    await settled.promise;
  };
  return {
    role,
    queue,
    leased,
    dispatched,
    deferred,
    dispatcher,
    after,
    commit: () => after(() => commit([], 'this')),
    begin: (item: Scheduled) => {
      queue.splice(queue.indexOf(item), 1);
      leased.push(item);
    },
    free: () =>
      after(() => {
        busy -= 1;
        free();
      }),
  };
};

test('a commit brings what is queued to the engine, once', async () => {
  const set = setUp({ slots: 2 });
  set.queue.push(scheduled('one'));
  await set.commit();
  await set.commit();
  expect(set.dispatched).toEqual(['act_one']);
});

test('what finds no slot goes when one becomes free', async () => {
  const set = setUp({ slots: 1 });
  const first = scheduled('one');
  set.queue.push(first, scheduled('two'));
  await set.commit();
  expect(set.dispatched).toEqual(['act_one']);
  set.begin(first);
  set.leased.pop();
  await set.free();
  expect(set.dispatched).toEqual(['act_one', 'act_two']);
});

test('what was handed over and has not begun counts against the limits', async () => {
  const set = setUp({ slots: 5, perTenant: 1 });
  set.queue.push(scheduled('one'), scheduled('two'), scheduled('three', 'b'));
  await set.commit();
  await set.commit();
  expect(set.dispatched).toEqual(['act_one', 'act_three']);
});

test('a control plane without the supervisor’s role dispatches nothing, until it has it', async () => {
  const set = setUp({ slots: 2, held: false });
  set.queue.push(scheduled('one'));
  set.dispatcher.look();
  expect(set.dispatched).toEqual([]);
  set.role.held = true;
  await set.after(() => set.dispatcher.look());
  expect(set.dispatched).toEqual(['act_one']);
});

test('what the engine does not take is put off, and is no concern of the queue behind it', async () => {
  const set = setUp({ slots: 5, perTenant: 1, refuses: 'act_never' });
  set.queue.push(scheduled('never'), scheduled('other', 'b'));
  await set.commit();
  expect(set.deferred).toEqual([
    ['run_never', { kind: 'defer', activation: 'act_never', reason: 'it is away', remedy: null }],
  ]);
  const next = { ...scheduled('never'), activation: 'act_later' };
  set.queue.splice(0, 1, next);
  await set.commit();
  expect(set.dispatched).toEqual(['act_other', 'act_later']);
});

test('what begins slowly is handed over once, however long it takes and however long the queue is', async () => {
  const set = setUp({ slots: 3, perTenant: 2 });
  const slow = scheduled('slow');
  set.queue.push(slow, ...Array.from({ length: 3_000 }, (_, index) => scheduled(`n${index}`)));
  await set.commit();
  for (let look = 0; look < 5; look += 1) await set.commit();
  expect(set.dispatched).toEqual(['act_slow', 'act_n0']);
  // Begun and over: there is room for one more of this tenant, though thousands are queued behind it.
  set.queue.splice(0, 1);
  await set.free();
  expect(set.dispatched).toEqual(['act_slow', 'act_n0', 'act_n1']);
});
