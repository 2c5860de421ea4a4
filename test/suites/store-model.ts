import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Store } from '../../runner/control/store/store.ts';
import type { Command } from '../../shared/run/command.ts';
import type { WorkerEvent } from '../../shared/run/events.ts';
import { fold } from '../../shared/run/reduce.ts';
import { archivedBy, isTerminal, openDecisions, type RunState } from '../../shared/run/state.ts';
import { decisionSummaries } from '../../shared/run/summary.ts';
import { callFinished, ended, roundFinished, someRequest } from './runs.ts';

const start = Date.parse('2030-01-01T00:00:00.000Z');
const soon = new Date(start + 60_000).toISOString();

/** What somebody does next to one of the runs; what exactly depends on how the run then stands. */
export const someStep = fc.record({
  run: fc.nat(2),
  kind: fc.constantFrom(
    ...(['work', 'work', 'work', 'work', 'heartbeat', 'lose', 'decide', 'decide', 'expire', 'renew', 'fire'] as const),
    ...(['message', 'review', 'review', 'cancel', 'pause', 'resume', 'archive', 'unarchive'] as const),
  ),
  choice: fc.nat(),
});
type Step = typeof someStep extends fc.Arbitrary<infer Value> ? Value : never;

interface Model {
  readonly runs: readonly string[];
  /** Until when the lease of each run lasts; kept up to date here. */
  readonly leases: Map<string, number>;
}

/** Does it, and checks that what is answered is what is then read. */
export const randomCommand = async (store: Store, step: Step, { runs, leases }: Model): Promise<void> => {
  const run = runs[step.run % runs.length]!;
  const state = (await store.state(run))!;
  const leaseUntil = start + state.seq * 1000;
  const options = { batch: state.seq, after: Math.max(0, state.seq - 2), leaseUntil };
  const written =
    step.kind === 'heartbeat'
      ? await store.heartbeat({ run, activation: activationOf(state), fence: state.fence, ...options })
      : await store.command(run, commandFor(state, step), step.kind === 'work' ? options : {});
  const after = await store.state(run);
  expect(after).toEqual(written.outcome === 'done' ? written.state : state);
  if (written.outcome === 'refused') return;
  if (step.kind === 'work' || step.kind === 'heartbeat') {
    expect(written.events).toEqual(await store.events(run, options.after, 1000));
    leases.set(run, leaseUntil);
  }
  if (written.state.status !== 'working') leases.delete(run);
};

const activationOf = (state: RunState): string => ('activation' in state ? state.activation : 'act_none');

const commandFor = (state: RunState, { kind, choice }: Step): Command => {
  const by = 'person:ada';
  const open = openDecisions(state).at(choice % 3)?.request;
  const decision = open?.id ?? 'dec_none';
  switch (kind) {
    case 'heartbeat':
    case 'work':
      return state.status === 'working'
        ? { kind: 'append', activation: state.activation, fence: state.fence, events: [workFor(state, choice)] }
        : { kind: 'lease', activation: activationOf(state), worker: 'w' };
    case 'lose':
      if (state.status === 'queued')
        return { kind: 'defer', activation: state.activation, reason: 'no memory', remedy: null };
      return { kind: choice % 3 === 0 ? 'return' : 'lose', activation: activationOf(state), reason: 'killed' };
    case 'decide':
      return {
        kind,
        by,
        decision,
        hash: open?.hash ?? '',
        verdict: choice % 2 === 0 ? { kind: 'approved', arguments: null } : { kind: 'rejected', reason: 'no' },
      };
    case 'expire':
      return { kind, decision };
    case 'renew':
      return { kind, decision, by };
    case 'fire':
      return { kind };
    case 'message':
      return { kind, by, text: 'hello' };
    case 'review': {
      const verdict = (['changes', 'changes', 'accepted', 'rejected'] as const)[choice % 4] ?? 'changes';
      return { kind, by, round: state.round, patch: null, verdict, reason: 'because', comments: [] };
    }
    case 'pause':
    case 'resume':
    case 'archive':
    case 'unarchive':
      return { kind, by };
    case 'cancel':
      if (isTerminal(state)) return { kind: 'resume', by };
      return choice % 4 === 0 ? { kind, by, reason: '' } : { kind: 'message', by, text: 'not yet' };
  }
};

const workFor = (state: RunState, choice: number): WorkerEvent => {
  const decision = openDecisions(state).at(0)?.request.id ?? 'dec_none';
  const asked = (kind: 'call' | 'budget' | 'question'): WorkerEvent => ({
    type: 'decision.requested',
    v: 3,
    request: someRequest({ run: state.id, decision: `dec_${1000 + state.seq}`, kind, expiresAt: soon }),
  });
  const events: readonly WorkerEvent[] = [
    callFinished('x'),
    asked('call'),
    asked('budget'),
    asked('question'),
    ended({ kind: 'decision', decision }),
    ended({ kind: 'time', at: soon }),
    ended({ kind: 'resume', by: 'person:ada' }),
    roundFinished,
    choice % 5 === 0 ? { type: 'run.failed', v: 1, class: 'task', message: 'no' } : callFinished('y'),
  ];
  return events[choice % events.length] ?? callFinished('z');
};

const byName = <Row>(rows: readonly Row[], name: (row: Row) => string): readonly Row[] =>
  rows.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));

/** Everything that a store can be asked for is what the folded logs of its runs say. `leases`: deadlines that are known. */
export const expectProjections = async (
  store: Store,
  runs: readonly string[],
  leases: ReadonlyMap<string, number>,
): Promise<void> => {
  const states: RunState[] = [];
  for (const run of runs) states.push(fold(await store.events(run, 0, 10_000))!);
  const newest = states.toSorted((a, b) => b.number - a.number);
  const list = async (status: 'open' | RunState['status'] | null) =>
    // safe: `ready` is never asked for: no run is stored so
    (
      await store.list(null, {
        status: status as 'open' | null,
        repository: null,
        archived: true,
        limit: 500,
        before: null,
      })
    ).runs;

  expect(await list(null)).toEqual(newest);
  const shown = await store.list(null, { status: null, repository: null, archived: false, limit: 500, before: null });
  expect(shown.runs).toEqual(newest.filter((state) => archivedBy(state) === null));
  expect(await list('open')).toEqual(newest.filter((state) => !isTerminal(state)));
  const counts = await store.counts(null);
  for (const [status, count] of Object.entries(counts)) {
    const those = newest.filter((state) => state.status === status);
    expect({ [status]: count }).toEqual({ [status]: those.length });
    expect(await list(status as RunState['status'])).toEqual(those); // safe: the keys of the counts are statuses
  }
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(states.length);
  expect(byName(await store.openDecisions(null), (open) => open.run + open.request.id)).toEqual(
    byName(states.flatMap(decisionSummaries), (open) => open.run + open.request.id),
  );
  await expectSchedule(store, states, leases);
};

const expectSchedule = async (
  store: Store,
  states: readonly RunState[],
  leases: ReadonlyMap<string, number>,
): Promise<void> => {
  const scheduled = (status: 'queued' | 'working') =>
    states.flatMap((state) =>
      state.status === status
        ? [
            {
              run: state.id,
              number: state.number,
              activation: state.activation,
              tenant: state.task.tenant,
              repository: state.task.repository,
              priority: state.task.priority,
              since: state.since,
            },
          ]
        : [],
    );
  const queued = scheduled('queued').toSorted((a, b) => b.priority - a.priority || (a.since < b.since ? -1 : 1));
  expect(await store.heads({ now: start * 2, places: 500, byRepository: false })).toEqual(
    queued.map((row) => ({ ...row, leaseUntil: null, worker: null })),
  );
  const leased = scheduled('working');
  const held = await store.leased();
  expect(held).toEqual(
    leased.map((row, index) => ({ ...row, leaseUntil: held[index]?.leaseUntil ?? null, worker: 'w' })),
  );
  for (const { run, leaseUntil } of held) expect([undefined, leaseUntil]).toContain(leases.get(run));

  const forever = await store.due(start * 2);
  expect(byName(forever.timers, (timer) => timer.run)).toEqual(
    states.flatMap((state) =>
      state.status === 'waiting' && state.until.kind === 'time' ? [{ run: state.id, at: state.until.at }] : [],
    ),
  );
  expect(byName(forever.expiries, (expiry) => expiry.run + expiry.decision)).toEqual(
    byName(
      states.flatMap((state) =>
        openDecisions(state).flatMap(({ status, request }) =>
          status === 'pending' ? [{ run: state.id, decision: request.id, at: request.expiresAt }] : [],
        ),
      ),
      (expiry) => expiry.run + expiry.decision,
    ),
  );
  expect(forever.nextAt).toBe(null);
};
