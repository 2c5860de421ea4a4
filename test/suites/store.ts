import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Store, Written } from '../../runner/control/store/store.ts';
import { ListInput } from '../../shared/api/runner-api.ts';
import type { Command } from '../../shared/run/command.ts';
import { RunEvent, type Task } from '../../shared/run/events.ts';
import { fold } from '../../shared/run/reduce.ts';
import type { RunState } from '../../shared/run/state.ts';
import { callFinished, ended, feedOf, roundFinished, someRequest } from './runs.ts';
import { someTask } from '../fakes/task.ts';
import { expectProjections, randomCommand, someStep } from './store-model.ts';

/** A store for one test. `reopen` closes it and opens it again on the same data. */
interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
  reopen(): Promise<Store>;
}

/** Opens an empty store whose clock is `now`, ms since the epoch. */
export type OpenStore = (options: { readonly now: () => number }) => Promise<OpenedStore>;

const start = Date.parse('2030-01-01T00:00:00.000Z');
const hour = 3_600_000;
const everything = { status: null, repository: null, archived: true, limit: 500, before: null } as const;

/** A clock that goes on by one second whenever it is looked at. */
const ticking = (): (() => number) => {
  let now = start;
  return () => (now += 1000);
};

const done = (written: Written): Extract<Written, { outcome: 'done' }> => {
  if (written.outcome === 'refused') throw new Error(written.refusal.message);
  return written;
};
const codeOf = (written: Written): string => (written.outcome === 'refused' ? written.refusal.code : 'done');

const activationOf = (state: RunState): string => ('activation' in state ? state.activation : '');

interface Worker {
  readonly run: string;
  readonly activation: string;
  readonly fence: number;
}

const create = async (store: Store, run: string, change: Partial<Task> = {}): Promise<RunState> =>
  (await store.create({ run, task: someTask(change), dedupeKey: null })).state;

const leaseNext = async (store: Store, run: string): Promise<Worker> => {
  const activation = activationOf((await store.state(run))!);
  const { state } = done(
    await store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil: start + hour }),
  );
  return { run, activation, fence: state.fence };
};

const appendOf = (
  { activation, fence }: Worker,
  ...events: Extract<Command, { kind: 'append' }>['events']
): Command => ({
  kind: 'append',
  activation,
  fence,
  events,
});

const request = (run: string, decision = 'dec_0001') =>
  someRequest({ run, decision, kind: 'call', expiresAt: new Date(start + hour).toISOString() });
const asking = (run: string) => ({ type: 'decision.requested', v: 3, request: request(run) }) as const;
const reject = (run: string): Command => ({
  kind: 'decide',
  by: 'person:ada',
  decision: 'dec_0001',
  hash: request(run).hash,
  verdict: { kind: 'rejected', reason: 'no' },
});
const parked = ended({ kind: 'decision', decision: 'dec_0001' });

const typesOf = async (store: Store, run: string): Promise<readonly string[]> =>
  (await store.events(run, 0, 1000)).map((event) => event.body.type);

/** What every store must do. */
const queue = (store: Store, places: number) => store.heads({ now: start * 2, places, byRepository: false });

export const storeSuite = (name: string, open: OpenStore): void => {
  describe(`${name}: creating`, () => {
    test('gives a queued run with a number, its events and its place in the queue', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const created = await store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null });
      expect(created).toMatchObject({ outcome: 'created', state: { id: 'run_aaaa', number: 1, status: 'queued' } });
      expect(created.events).toEqual(await store.events('run_aaaa', 0, 10));
      expect(created.events.map((event) => RunEvent.parse(event))).toEqual(created.events);
      expect(created.state).toEqual(fold(created.events));
      expect(await store.state('run_aaaa')).toEqual(created.state);
      expect(await queue(store, 10)).toEqual([
        {
          run: 'run_aaaa',
          number: 1,
          activation: expect.stringMatching(/^act_[a-z0-9]{12,}$/),
          tenant: 'local',
          repository: '/home/ada/shop',
          priority: 0,
          since: new Date(start).toISOString(),
          leaseUntil: null,
          worker: null,
        },
      ]);
    });

    test('twice with one key gives the same run; another tenant has keys of its own', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      const of = (run: string, tenant: string) =>
        store.create({ run, task: someTask({ tenant }), dedupeKey: 'nightly' });
      const [one, two, other] = await Promise.all([of('run_aaaa', 'a'), of('run_bbbb', 'a'), of('run_cccc', 'b')]);
      const [first, again] = one.outcome === 'created' ? [one, two] : [two, one];
      expect(again).toEqual({ outcome: 'known', state: first.state, events: [] });
      expect([first, other].map(({ outcome, state }) => [outcome, state.task.tenant])).toEqual([
        ['created', 'a'],
        ['created', 'b'],
      ]);
      expect(new Set([first, other].map(({ state }) => state.number))).toEqual(new Set([1, 2]));
      expect(await of('run_dddd', 'b')).toMatchObject({ outcome: 'known', state: { id: 'run_cccc' } });
    });
  });

  describe(`${name}: the life of a run`, () => {
    test('is taken up again after its end with the question that was open: it is listed, and runs out', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const first = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', appendOf(first, asking('run_aaaa'), parked), { batch: 1 }));
      const asked = await store.openDecisions(null);
      expect(asked).toHaveLength(1);
      done(await store.command('run_aaaa', { kind: 'cancel', by: 'person:ada', reason: '' }));
      expect(await store.openDecisions(null)).toEqual([]);
      done(await store.command('run_aaaa', { kind: 'resume', by: 'person:ada' }));
      const again = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', appendOf(again, parked), { batch: 1 }));
      expect(await store.openDecisions(null)).toEqual(asked);
      now = Date.parse(request('run_aaaa').expiresAt);
      expect((await store.due(now)).expiries).toMatchObject([{ run: 'run_aaaa' }]);
    });

    test('goes from delegation over a decision and two rounds to its verdict', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const first = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', appendOf(first, callFinished('one'), asking('run_aaaa')), { batch: 1 }));
      done(await store.command('run_aaaa', appendOf(first, parked), { batch: 2 }));
      expect(await store.openDecisions('local')).toEqual([
        {
          run: 'run_aaaa',
          number: 1,
          title: 'Repair the price list',
          tenant: 'local',
          status: 'pending',
          request: request('run_aaaa'),
        },
      ]);
      done(await store.command('run_aaaa', reject('run_aaaa')));
      const second = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', appendOf(second, roundFinished), { batch: 1 }));
      const review = { kind: 'review', by: 'person:ada', patch: null, reason: 'nearly', comments: [] } as const;
      done(await store.command('run_aaaa', { ...review, round: 1, verdict: 'changes' }));
      const third = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', appendOf(third, roundFinished), { batch: 1 }));
      const last = done(await store.command('run_aaaa', { ...review, round: 2, verdict: 'accepted' }));

      expect(last.state).toMatchObject({ status: 'accepted', round: 2, fence: 3 });
      expect(await typesOf(store, 'run_aaaa')).toEqual([
        'run.created',
        'activation.queued',
        'activation.leased',
        'call.finished',
        'decision.requested',
        'activation.ended',
        'decision.made',
        'activation.queued',
        'activation.leased',
        'round.finished',
        'review.decided',
        'activation.queued',
        'activation.leased',
        'round.finished',
        'review.decided',
      ]);
      const events = await store.events('run_aaaa', 0, 100);
      expect(last.state).toEqual(fold(events));
      expect(events.map((event) => event.activation)).toEqual(
        events.map(({ body, seq }) =>
          ['call.finished', 'decision.requested', 'activation.ended', 'round.finished'].includes(body.type)
            ? (seq < 7 ? first : seq < 11 ? second : third).activation
            : null,
        ),
      );
      await expectProjections(store, ['run_aaaa'], new Map());
    });

    test('a run that nobody has heard of is refused', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      const heartbeat = { run: 'run_none', activation: 'act_none', fence: 1, after: 0, leaseUntil: start };
      expect(codeOf(await store.command('run_none', { kind: 'fire' }))).toBe('not_found');
      expect(codeOf(await store.heartbeat(heartbeat))).toBe('not_found');
      expect([await store.state('run_none'), await store.events('run_none', 0, 10), await store.position()]).toEqual([
        null,
        [],
        0,
      ]);
    });

    test('its log never goes back in time, even if the clock does', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      await create(store, 'run_aaaa');
      now -= hour;
      await leaseNext(store, 'run_aaaa');
      expect((await store.events('run_aaaa', 0, 10)).map((event) => event.at)).toEqual(
        Array.from({ length: 3 }, () => new Date(start).toISOString()),
      );
    });
  });

  describe(`${name}: waking`, () => {
    /** All ways to merge the sequences, each kept in its own order. */
    const merges = (sequences: readonly (readonly string[])[]): readonly (readonly string[])[] => {
      const left = sequences.filter((sequence) => sequence.length > 0);
      return left.length === 0
        ? [[]]
        : left.flatMap((sequence) =>
            merges(left.map((other) => (other === sequence ? other.slice(1) : other))).map((rest) => [
              sequence[0]!,
              ...rest,
            ]),
          );
    };
    // The worker may be lost, and may send its last batch twice; the decision comes whenever it likes once it was asked.
    const orders = merges([['ask', 'work', 'park', 'park'], ['decide'], ['lose']]).filter(
      (order) => order.indexOf('ask') < order.indexOf('decide') && order.indexOf('ask') < order.indexOf('lose'),
    );

    test('is never lost, in whatever order things happen', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      const results = await Promise.all(
        orders.map(async (order, index) => {
          const { id: run } = await create(store, `run_order${index}`);
          const worker = await leaseNext(store, run);
          const steps: Record<string, () => Promise<Written>> = {
            ask: () => store.command(run, appendOf(worker, asking(run)), { batch: 1 }),
            work: () => store.command(run, appendOf(worker, callFinished('x')), { batch: 2 }),
            park: () => store.command(run, appendOf(worker, parked), { batch: 3 }),
            decide: () => store.command(run, reject(run)),
            lose: () => store.command(run, { kind: 'lose', activation: worker.activation, reason: 'killed' }),
          };
          // All at once: the store is to put them in order, in as few commits as it likes.
          await Promise.all(order.map((step) => steps[step]!()));
          const state = (await store.state(run))!;
          const decisions = (await typesOf(store, run)).filter((type) => type === 'decision.made');
          const woken = activationOf(state) !== worker.activation;
          return { order, status: state.status, woken, decisions: decisions.length };
        }),
      );
      expect(results).toEqual(orders.map((order) => ({ order, status: 'queued', woken: true, decisions: 1 })));
      expect(results).toHaveLength(20);
      await expectProjections(
        store,
        orders.map((_, index) => `run_order${index}`),
        new Map(),
      );
    });
  });

  describe(`${name}: the worker's hold`, () => {
    test('that is lost is the fault of what its worker did only where that is known to have died', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      const blamed = async (ended: number): Promise<readonly unknown[]> => {
        now = start;
        const { id } = await create(store, `run_at${ended}`);
        const worker = await leaseNext(store, id);
        done(await store.command(id, appendOf(worker, { type: 'prepare.started', v: 1 }), { batch: 1 }));
        now = ended;
        const { state } = done(
          await store.command(id, { kind: 'lose', activation: worker.activation, reason: 'gone' }),
        );
        return [state.underWay?.losses, state.losses, state.spent.inVain];
      };
      expect([await blamed(start + 60_000), await blamed(start + 2 * hour)]).toEqual([
        [1, 1, 1],
        [0, 1, 1],
      ]);
    });

    test('counts as work up to its lease’s end at most, however late its loss is noticed', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      const worked = async (ended: number): Promise<number> => {
        now = start;
        const { id } = await create(store, `run_at${ended}`);
        const { activation } = await leaseNext(store, id);
        now = ended;
        const { state } = done(await store.command(id, { kind: 'lose', activation, reason: 'silent' }));
        return state.spent.activeMs;
      };
      expect([await worked(start + 60_000), await worked(start + 60 * hour)]).toEqual([60_000, hour]);
    });

    test('ends with its lease: whoever lost it can append nothing, and changes nothing', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const first = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', { kind: 'lose', activation: first.activation, reason: 'silent' }));
      const second = await leaseNext(store, 'run_aaaa');
      const before = [await store.state('run_aaaa'), await store.leased(), await store.position()];
      const late = { leaseUntil: start + 9 * hour };
      const forged = { ...second, fence: first.fence };
      expect([
        codeOf(await store.command('run_aaaa', appendOf(first, callFinished('late')), { batch: 1, ...late })),
        codeOf(await store.command('run_aaaa', appendOf(forged, callFinished('late')), { batch: 1, ...late })),
        codeOf(await store.heartbeat({ ...first, after: 0, ...late })),
        codeOf(
          await store.command('run_aaaa', { kind: 'lease', activation: second.activation, worker: 'other' }, late),
        ),
      ]).toEqual(['fenced', 'fenced', 'fenced', 'fenced']);
      expect([await store.state('run_aaaa'), await store.leased(), await store.position()]).toEqual(before);
      expect(codeOf(await store.command('run_aaaa', appendOf(second, callFinished('mine')), { batch: 1 }))).toBe(
        'done',
      );
    });

    test('lasts as long as appends and heartbeats say, and shows when it is over', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const worker = await leaseNext(store, 'run_aaaa');
      const until = async () => (await store.leased()).map((lease) => lease.leaseUntil);
      const seen = [await until()];
      done(await store.command('run_aaaa', appendOf(worker, callFinished('x')), { batch: 1, leaseUntil: start + 1 }));
      seen.push(await until());
      done(await store.heartbeat({ ...worker, after: 4, leaseUntil: start + 2 }));
      seen.push(await until());
      expect(seen).toEqual([[start + hour], [start + 1], [start + 2]]);
      expect(await store.due(start + 1)).toEqual({ leases: [], timers: [], expiries: [], nextAt: start + 2 });
      const due = await store.due(start + 2);
      expect(due).toEqual({ leases: await store.leased(), timers: [], expiries: [], nextAt: null });
      expect(due.leases).toHaveLength(1);
    });

    test('a batch that is sent again is written once, and answered with all that came after', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const worker = await leaseNext(store, 'run_aaaa');
      const send = () => store.command('run_aaaa', appendOf(worker, callFinished('once')), { batch: 1, after: 3 });
      const first = done(await send());
      done(await store.command('run_aaaa', { kind: 'message', by: 'person:ada', text: 'hello' }));
      const again = done(await send());
      expect([first.repeated, again.repeated]).toEqual([false, true]);
      expect(first.events.map((event) => event.body.type)).toEqual(['call.finished']);
      expect(again.events).toEqual(await store.events('run_aaaa', 3, 10));
      expect(again.events.map((event) => event.body.type)).toEqual(['call.finished', 'message.sent']);
      expect(again.state).toEqual(await store.state('run_aaaa'));
    });

    test('a lease whose answer was lost is given to the same worker again, and to no other', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      const activation = activationOf(await create(store, 'run_aaaa'));
      const lease = (worker: string, leaseUntil: number) =>
        store.command('run_aaaa', { kind: 'lease', activation, worker }, { after: 0, leaseUntil });
      const first = done(await lease('w1', start + 1));
      expect(codeOf(await lease('w2', start + 2))).toBe('fenced');
      expect(done(await lease('w1', start + 3))).toEqual({ ...first, repeated: true });
      expect((await store.leased()).map(({ leaseUntil }) => leaseUntil)).toEqual([start + 3]);
      const worker = { run: 'run_aaaa', activation, fence: first.state.fence };
      done(await store.command('run_aaaa', appendOf(worker, callFinished('x')), { batch: 1 }));
      expect(codeOf(await lease('w1', start + 4))).toBe('fenced');
    });

    test('is not lost by whoever gave up on another worker that had tried for it', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      const activation = activationOf(await create(store, 'run_aaaa'));
      const lose = (workersOf: string) =>
        store.command('run_aaaa', { kind: 'lose', activation, reason: 'gone' }, { workersOf });
      done(await store.command('run_aaaa', { kind: 'lease', activation, worker: 'plane_a child 1' }));
      expect((await store.leased()).map(({ worker }) => worker)).toEqual(['plane_a child 1']);
      expect(codeOf(await lose('plane_b '))).toBe('conflict');
      expect((await store.state('run_aaaa'))?.status).toBe('working');
      expect(codeOf(await lose('plane_a '))).toBe('done');
      // Nobody has the next one yet: whoever cannot begin with it says so.
      const next = activationOf((await store.state('run_aaaa'))!);
      const given = { kind: 'defer', activation: next, reason: 'gone', remedy: null } as const;
      expect(codeOf(await store.command('run_aaaa', given, { workersOf: 'plane_b ' }))).toBe('done');
    });

    test('the last batch can be sent again after the activation has ended', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const worker = await leaseNext(store, 'run_aaaa');
      const send = () => store.command('run_aaaa', appendOf(worker, roundFinished), { batch: 1, after: 3 });
      done(await send());
      expect(done(await send())).toMatchObject({ repeated: true, state: { status: 'reviewing' } });
    });

    test('an append and a heartbeat tell the worker what others wrote meanwhile', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const worker = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', { kind: 'message', by: 'person:ada', text: 'hello' }));
      const appended = done(
        await store.command('run_aaaa', appendOf(worker, callFinished('x')), { batch: 1, after: 3 }),
      );
      expect(appended.events).toEqual(await store.events('run_aaaa', 3, 10));
      done(await store.command('run_aaaa', { kind: 'message', by: 'person:ada', text: 'again' }));
      const beat = done(await store.heartbeat({ ...worker, after: 5, leaseUntil: start + hour }));
      expect(beat.events).toEqual(await store.events('run_aaaa', 5, 10));
      expect(beat.events).toHaveLength(1);
    });
  });

  describe(`${name}: many at once`, () => {
    test('a refused and a failed write undo none of their neighbours', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      for (const run of ['run_aaaa', 'run_bbbb']) await create(store, run);
      const [a, b] = [await leaseNext(store, 'run_aaaa'), await leaseNext(store, 'run_bbbb')];
      const position = await store.position();
      const outcomes = await Promise.allSettled([
        store.command('run_aaaa', appendOf(a, callFinished('x')), { batch: 1 }),
        store.command('run_bbbb', appendOf({ ...b, fence: 7 }, callFinished('x')), { batch: 1 }),
        create(store, 'run_aaaa'),
        store.command('run_none', { kind: 'fire' }),
        store.command('run_bbbb', appendOf(b, callFinished('x')), { batch: 1 }),
      ]);
      expect(outcomes.map((settled) => settled.status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      const written = await feedOf(store, {}, { after: position, limit: 10 });
      expect(written.map((event) => event.position)).toEqual([position + 1, position + 2]);
      expect(written.map((event) => event.run).toSorted()).toEqual(['run_aaaa', 'run_bbbb']);
      await expectProjections(store, ['run_aaaa', 'run_bbbb'], new Map());
    });

    test('a reader of the feed misses nothing and sees nothing twice while fifty write', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      const runs = Array.from({ length: 50 }, (_, index) => `run_many${index}`);
      const told = new Set<string>();
      const seen: RunEvent[] = [];
      let reading = Promise.resolve();
      const readOn = async (): Promise<void> => {
        // A small page, so that one commit takes several.
        for (;;) {
          const page = await feedOf(store, {}, { after: seen.at(-1)?.position ?? 0, limit: 7 });
          seen.push(...page);
          if (page.length < 7) return;
        }
      };
      const stop = store.onCommit((touched) => {
        for (const run of touched ?? []) told.add(run);
        reading = reading.then(readOn);
      });
      await Promise.all(
        runs.map(async (run) => {
          await create(store, run);
          const worker = await leaseNext(store, run);
          for (let batch = 1; batch <= 10; batch++)
            done(await store.command(run, appendOf(worker, callFinished(`${batch}`)), { batch }));
        }),
      );
      await reading;
      stop();
      expect(seen.map((event) => event.position)).toEqual(Array.from({ length: 50 * 13 }, (_, index) => index + 1));
      expect(seen).toEqual(await feedOf(store, {}, { after: 0, limit: 1000 }));
      expect([...told].sort()).toEqual(runs.toSorted());
      for (const run of runs)
        expect(seen.filter((event) => event.run === run)).toEqual(await store.events(run, 0, 100));
    });

    test('an answered write is there for the next read, whoever reads', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const worker = await leaseNext(store, 'run_aaaa');
      for (let batch = 1; batch <= 100; batch++) {
        const { state } = done(await store.command('run_aaaa', appendOf(worker, callFinished('x')), { batch }));
        expect((await store.state('run_aaaa'))?.seq).toBe(state.seq);
      }
    });

    test('a listener that stopped hears nothing more, and nobody hears of what wrote no event', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      const heard: (readonly string[] | null)[] = [];
      const stop = store.onCommit((runs) => heard.push(runs));
      await create(store, 'run_aaaa');
      const worker = await leaseNext(store, 'run_aaaa');
      done(await store.heartbeat({ ...worker, after: 3, leaseUntil: start + hour }));
      await store.command('run_aaaa', { kind: 'fire' });
      await store.linkBlob('run_aaaa', { hash: 'a'.repeat(64), bytes: 3, use: 'result' });
      stop();
      await create(store, 'run_bbbb');
      expect(heard).toEqual([['run_aaaa'], ['run_aaaa']]);
    });
  });

  describe(`${name}: reading`, () => {
    test('lists pages of runs, newest first, by tenant, status and repository', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      for (let index = 1; index <= 6; index++)
        await create(store, `run_000${index}`, {
          tenant: index % 2 === 0 ? 'even' : 'odd',
          repository: index <= 2 ? '/old' : '/new',
        });
      await store.command('run_0006', { kind: 'cancel', by: 'person:ada', reason: '' });
      const list = async (tenant: string | null, input: Partial<ListInput>) => {
        const page = await store.list(tenant, ListInput.parse(input));
        return [page.runs.map((run) => run.number), page.next, page.position];
      };
      expect([
        await list(null, {}),
        await list(null, { limit: 4 }),
        await list(null, { limit: 4, before: 3 }),
        await list('even', {}),
        await list('even', { status: 'open' }),
        await list('even', { status: 'cancelled' }),
        await list(null, { repository: '/old' }),
        await list('odd', { status: 'queued', limit: 2 }),
        await list('nobody', {}),
      ]).toEqual([
        [[6, 5, 4, 3, 2, 1], null, 13],
        [[6, 5, 4, 3], 3, 13],
        [[2, 1], null, 13],
        [[6, 4, 2], null, 13],
        [[4, 2], null, 13],
        [[6], null, 13],
        [[2, 1], null, 13],
        [[5, 3], 3, 13],
        [[], null, 13],
      ]);
      expect([await store.counts('even'), await store.counts(null)]).toMatchObject([
        { queued: 2, cancelled: 1, working: 0 },
        { queued: 5, cancelled: 1, working: 0 },
      ]);
    });

    test('feeds events by tenant and by run', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa', { tenant: 'a' });
      await create(store, 'run_bbbb', { tenant: 'b' });
      await leaseNext(store, 'run_aaaa');
      const feed = async (filter: { readonly tenant?: string; readonly run?: string }, after: number, limit = 10) =>
        (await feedOf(store, filter, { after, limit })).map((event) => event.position);
      expect([
        await feed({}, 0),
        await feed({ tenant: 'a' }, 0),
        await feed({ tenant: 'a' }, 2),
        await feed({ run: 'run_aaaa' }, 1),
        await feed({ tenant: 'b', run: 'run_aaaa' }, 0),
        await feed({ tenant: 'a', run: 'run_aaaa' }, 0),
        await feed({}, 1, 2),
      ]).toEqual([[1, 2, 3, 4, 5], [1, 2, 5], [5], [2, 5], [], [1, 2, 5], [2, 3]]);
      expect((await store.events('run_aaaa', 1, 1)).map((event) => event.seq)).toEqual([2]);
    });

    test('queues the most urgent first, of equals the one that has waited longest', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      for (const [run, priority] of [
        ['run_low1', -5],
        ['run_mid1', 0],
        ['run_high', 9],
        ['run_mid2', 0],
      ] as const)
        await create(store, run, { priority });
      expect((await queue(store, 10)).map(({ run }) => run)).toEqual(['run_high', 'run_mid1', 'run_mid2', 'run_low1']);
      expect((await queue(store, 2)).map(({ run }) => run)).toEqual(['run_high', 'run_mid1']);
    });

    test('says what is due, and when to look again', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      for (const run of ['run_time', 'run_asks', 'run_work']) await create(store, run);
      const [timed, asks] = [await leaseNext(store, 'run_time'), await leaseNext(store, 'run_asks')];
      const at = new Date(start + 100).toISOString();
      done(await store.command('run_time', appendOf(timed, ended({ kind: 'time', at })), { batch: 1 }));
      done(await store.command('run_asks', appendOf(asks, asking('run_asks'), parked), { batch: 1 }));
      expect(await store.due(start)).toEqual({ leases: [], timers: [], expiries: [], nextAt: start + 100 });
      const timers = [{ run: 'run_time', at }];
      expect(await store.due(start + 100)).toEqual({ leases: [], timers, expiries: [], nextAt: start + hour });
      const expiries = [{ run: 'run_asks', decision: 'dec_0001', at: new Date(start + hour).toISOString() }];
      expect(await store.due(start + hour)).toEqual({ leases: [], timers, expiries, nextAt: null });
    });

    test('lists no decision of a run that is over', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      const worker = await leaseNext(store, 'run_aaaa');
      done(await store.command('run_aaaa', appendOf(worker, asking('run_aaaa'), parked), { batch: 1 }));
      done(await store.command('run_aaaa', { kind: 'cancel', by: 'person:ada', reason: '' }));
      expect(await store.openDecisions(null)).toEqual([]);
      expect((await store.due(start + 2 * hour)).expiries).toEqual([]);
    });

    test('a run may read the blobs that were linked to it, and no others', async () => {
      await using opened = await open({ now: ticking() });
      const { store } = opened;
      await create(store, 'run_aaaa');
      await create(store, 'run_bbbb');
      const hash = 'a'.repeat(64);
      await store.linkBlob('run_aaaa', { hash: hash, bytes: 3, use: 'result' });
      await store.linkBlob('run_aaaa', { hash: hash, bytes: 3, use: 'result' });
      expect([await store.runHasBlob('run_aaaa', hash), await store.runHasBlob('run_bbbb', hash)]).toEqual([
        true,
        false,
      ]);
    });
  });

  describe(`${name}: blobs that nobody needs any more`, () => {
    const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string]; // safe: three of them
    const day = 24 * hour;
    const forget = (store: Store, now: number, limit = 100) =>
      store.forgetBlobs({
        sourcesBefore: now - 30 * day,
        checkpointsBefore: now - 7 * day,
        unusedSince: now - day,
        limit,
      });

    test('an upload is its tenant’s to make runs of, until it is old and no run has it', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      await store.recordUpload('team', { hash: one, bytes: 10 });
      await store.recordUpload('team', { hash: two, bytes: 5 });
      await store.recordUpload('others', { hash: one, bytes: 10 });
      expect([await store.upload('team', one), await store.upload('others', two)]).toEqual([10, null]);
      expect([await store.uploadedBytes('team'), await store.uploadedBytes('nobody')]).toEqual([15, 0]);
      const task = someTask({ tenant: 'team' });
      await store.create({ run: 'run_aaaa', task, dedupeKey: null, source: { hash: one, bytes: 10 } });
      expect(await store.runHasBlob('run_aaaa', one)).toBe(true);
      // Whoever uploaded the same at the same moment can delegate on it as well.
      expect([await store.upload('team', one), await store.uploadedBytes('team')]).toEqual([10, 5]);
      expect(await forget(store, now)).toEqual([]);
      now += day;
      expect(await forget(store, now)).toEqual([two]);
      expect(await forget(store, now)).toEqual([]);
      expect([await store.upload('team', two), await store.upload('others', one)]).toEqual([null, null]);
      expect(await store.runHasBlob('run_aaaa', one)).toBe(true);
    });

    test('images of a goal are the run’s, for good, and go with it', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      for (const hash of [one, two]) await store.recordUpload('local', { hash, bytes: 10 });
      const images = [one, two, one].map((hash) => ({ hash, bytes: 10 }));
      for (const run of ['run_aaaa', 'run_bbbb'])
        await store.create({ run, task: someTask(), dedupeKey: null, ...(run === 'run_aaaa' ? { images } : {}) });
      expect(await store.blobsOf('run_aaaa')).toEqual({ count: 2, bytes: 20 });
      // Whoever uploaded the same at the same moment can attach it as well, and nobody of another tenant.
      expect([await store.upload('local', two), await store.upload('others', two)]).toEqual([10, null]);
      expect(await store.runHasBlob('run_bbbb', one)).toBe(false);
      await complete(store, 'run_aaaa');
      now += 400 * day;
      expect(await forget(store, now)).toEqual([]);
      expect((await store.delete('run_aaaa', 'person:ada')).outcome).toBe('deleted');
      now += day;
      expect([...(await forget(store, now))].toSorted()).toEqual([one, two]);
    });

    test('an upload that came again is as new as its last time', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      await store.recordUpload('team', { hash: one, bytes: 10 });
      now += 23 * hour;
      await store.recordUpload('team', { hash: one, bytes: 10 });
      now += 2 * hour;
      expect(await forget(store, now)).toEqual([]);
      now += day;
      expect(await forget(store, now)).toEqual([one]);
    });

    const complete = async (store: Store, run: string): Promise<void> => {
      const worker = await leaseNext(store, run);
      done(await store.command(run, appendOf(worker, { type: 'run.completed', v: 1 }), { batch: 1 }));
    };

    test('checkpoints go a day after their run is over, its source some time later, its results never', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      await store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null, source: { hash: one, bytes: 1 } });
      await store.linkBlob('run_aaaa', { hash: two, bytes: 1, use: 'checkpoint' });
      await store.linkBlob('run_aaaa', { hash: three, bytes: 1, use: 'checkpoint' });
      // The same content as something that a person reads: then it is that.
      await store.linkBlob('run_aaaa', { hash: three, bytes: 1, use: 'result' });
      now += 60 * day;
      expect(await forget(store, now)).toEqual([]);
      await complete(store, 'run_aaaa');
      expect(await forget(store, now)).toEqual([]);
      expect(await store.runHasBlob('run_aaaa', two)).toBe(false);
      now += day;
      expect(await forget(store, now)).toEqual([two]);
      now += 30 * day;
      expect(await forget(store, now)).toEqual([]);
      now += day;
      expect(await forget(store, now)).toEqual([one]);
      expect(await store.runHasBlob('run_aaaa', three)).toBe(true);
    });

    test('checkpoints of a run that can be resumed are there for a week, and as long as it then goes on', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      for (const [run, hash] of [
        ['run_aaaa', one],
        ['run_bbbb', two],
      ] as const) {
        await create(store, run);
        await store.linkBlob(run, { hash, bytes: 1, use: 'checkpoint' });
        done(await store.command(run, { kind: 'cancel', by: 'person:ada', reason: '' }));
      }
      now += 6 * day;
      await forget(store, now);
      expect([await store.runHasBlob('run_aaaa', one), await store.runHasBlob('run_bbbb', two)]).toEqual([true, true]);
      done(await store.command('run_aaaa', { kind: 'resume', by: 'person:ada' }));
      now += 60 * day;
      await forget(store, now);
      expect([await store.runHasBlob('run_aaaa', one), await store.runHasBlob('run_bbbb', two)]).toEqual([true, false]);
    });

    test('what two runs have is there until neither needs it; a few at a time', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      for (const run of ['run_aaaa', 'run_bbbb']) {
        await create(store, run);
        for (const hash of [one, two]) await store.linkBlob(run, { hash, bytes: 1, use: 'checkpoint' });
      }
      await complete(store, 'run_aaaa');
      await forget(store, now);
      now += 2 * day;
      expect(await forget(store, now)).toEqual([]);
      await complete(store, 'run_bbbb');
      await forget(store, now);
      now += 2 * day;
      expect(
        [await forget(store, now, 1), await forget(store, now, 1), await forget(store, now, 1)].flat().toSorted(),
      ).toEqual([one, two]);
    });

    test('a run that is over leaves one event, a number that is not given again, and blobs that go unless another run has them', async () => {
      let now = start;
      await using opened = await open({ now: () => (now += 1000) });
      const { store } = opened;
      await store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: 'key' });
      await create(store, 'run_bbbb');
      const [one, both] = ['1'.repeat(64), '2'.repeat(64)];
      await store.linkBlob('run_aaaa', { hash: one, bytes: 3, use: 'result' });
      for (const run of ['run_aaaa', 'run_bbbb']) await store.linkBlob(run, { hash: both, bytes: 4, use: 'result' });
      expect(await store.blobsOf('run_aaaa')).toEqual({ count: 2, bytes: 7 });
      expect(await store.delete('run_aaaa', 'person:ada')).toMatchObject({ refusal: { code: 'conflict' } });
      await complete(store, 'run_aaaa');
      const before = (await store.events('run_aaaa', 0, 100)).length;
      const told: (readonly string[] | null)[] = [];
      store.onCommit((runs) => told.push(runs));
      // A write right behind it, perhaps of one transaction with it, finds no run.
      const [deleted, late] = await Promise.all([
        store.delete('run_aaaa', 'person:ada'),
        store.command('run_aaaa', { kind: 'archive', by: 'person:ada' }),
      ]);
      expect([deleted.outcome, codeOf(late)]).toEqual(['deleted', 'not_found']);
      expect(await store.delete('run_aaaa', 'person:ada')).toMatchObject({ refusal: { code: 'not_found' } });
      expect(told.flat()).toContain('run_aaaa');
      const again = await opened.reopen();
      expect(await again.state('run_aaaa')).toBe(null);
      expect((await again.list(null, everything)).runs.map(({ id }) => id)).toEqual(['run_bbbb']);
      expect(Object.values(await again.counts(null)).reduce((sum, count) => sum + count, 0)).toBe(1);
      const left = await again.events('run_aaaa', 0, 100);
      expect(left).toMatchObject([{ seq: before + 1, body: { type: 'run.deleted', by: 'person:ada' } }]);
      expect(await again.position()).toBe(left[0]!.position);
      expect((await again.create({ run: 'run_cccc', task: someTask(), dedupeKey: 'key' })).state.number).toBe(3);
      now += day;
      expect(await forget(again, now)).toEqual([one]);
      expect(await again.runHasBlob('run_bbbb', both)).toBe(true);
    });
  });

  describe(`${name}: whatever is done to it`, () => {
    test('its projections are the fold of its log, before and after it is opened again', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(someStep, { minLength: 1, maxLength: 150 }), async (steps) => {
          await using opened = await open({ now: ticking() });
          const runs = ['run_0001', 'run_0002', 'run_0003'];
          for (const run of runs) await create(opened.store, run, { tenant: run, priority: Number(run.at(-1)) });
          const leases = new Map<string, number>();
          for (const step of steps) await randomCommand(opened.store, step, { runs, leases });
          await expectProjections(opened.store, runs, leases);
          const { runs: listed } = await opened.store.list(null, everything);
          const again = await opened.reopen();
          expect((await again.list(null, everything)).runs).toEqual(listed);
          await expectProjections(again, runs, leases);
        }),
        { numRuns: 8 },
      );
    });

    test('goes on where it was when it is opened again', async () => {
      await using opened = await open({ now: ticking() });
      await create(opened.store, 'run_aaaa');
      const worker = await leaseNext(opened.store, 'run_aaaa');
      done(await opened.store.command('run_aaaa', appendOf(worker, callFinished('1')), { batch: 1 }));
      const store = await opened.reopen();
      const again = await store.command('run_aaaa', appendOf(worker, callFinished('1')), { batch: 1, after: 4 });
      expect(done(again)).toMatchObject({ repeated: true, events: [] });
      const next = done(await store.command('run_aaaa', appendOf(worker, callFinished('2')), { batch: 2 }));
      expect(next.events.map(({ seq, position }) => [seq, position])).toEqual([[5, 5]]);
      expect((await create(store, 'run_bbbb')).number).toBe(2);
    });
  });
};
