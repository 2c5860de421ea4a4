import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Scheduled } from '../store/store.ts';
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
const setUp = (options: { slots: number; perTenant?: number; held?: boolean }) => {
  const role = { held: options.held ?? true };
  const queue: Scheduled[] = [];
  const leased: Scheduled[] = [];
  const dispatched: string[] = [];
  let commit: (runs: readonly string[] | null) => void = () => {};
  let free: () => void = () => {};
  let busy = 0;
  let now = 0;
  const idle = Promise.withResolvers<void>();
  let settled = idle;
  const engine: Engine = {
    kind: 'embedded',
    capacity: () => options.slots - busy,
    dispatch: async ({ activation }) => {
      busy += 1;
      dispatched.push(activation);
    },
    cancel: () => {},
    release: () => {},
    onLost: () => {},
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
    now: () => now,
    log: pino({ level: 'silent' }),
    beginMs: 1_000,
    store: {
      queued: async () => [...queue],
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
    dispatcher,
    after,
    commit: () => after(() => commit([])),
    begin: (item: Scheduled) => {
      queue.splice(queue.indexOf(item), 1);
      leased.push(item);
    },
    free: () =>
      after(() => {
        busy -= 1;
        free();
      }),
    setNow: (ms: number) => {
      now = ms;
    },
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

test('what never begins is told once, and may then be dispatched again', async () => {
  const set = setUp({ slots: 5 });
  const never = scheduled('never');
  const begun = scheduled('begun');
  set.queue.push(never, begun);
  await set.commit();
  set.begin(begun);
  await set.commit();
  expect(set.dispatcher.overdue(999)).toEqual({ activations: [], nextAt: 1_000 });
  expect(set.dispatcher.overdue(1_000)).toEqual({ activations: [never], nextAt: null });
  expect(set.dispatcher.overdue(2_000)).toEqual({ activations: [], nextAt: null });
});
