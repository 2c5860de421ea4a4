import { describe, expect, test } from 'vitest';
import type { Store } from '../../runner/control/store/store.ts';
import type { Command, EffectOutcome } from '../../shared/run/command.ts';
import type { Effect } from '../../shared/run/effect.ts';
import type { PullRequestTold } from '../../shared/run/pull-request.ts';
import { someTask } from '../fakes/task.ts';
import { roundFinished } from './runs.ts';
import type { OpenStore } from './store.ts';

const start = Date.parse('2030-01-01T00:00:00.000Z');
const patch = '4'.repeat(64);

const obeyed = async (store: Store, run: string, command: Command): Promise<void> => {
  const written = await store.command(run, command, { leaseUntil: start + 3_600_000 });
  if (written.outcome === 'refused') throw new Error(written.refusal.message);
};

/** A run with a result that waits for a person. */
export const inReview = async (store: Store, run: string): Promise<void> => {
  const { state } = await store.create({ run, task: someTask(), dedupeKey: null });
  const activation = 'activation' in state ? state.activation : '';
  await obeyed(store, run, { kind: 'lease', activation, worker: 'w' });
  await obeyed(store, run, { kind: 'append', activation, fence: 1, events: [roundFinished] });
};

const branchAt = (remote: string): Effect => ({
  kind: 'branch',
  remote,
  branch: 'b',
  base: '1'.repeat(40),
  onTop: null,
  patch,
  message: 'm',
});

/** Its result is to be a branch there. */
export const publish = (store: Store, run: string, remote: string): Promise<void> =>
  obeyed(store, run, { kind: 'publish', by: 'person:ada', round: 1, patch, effects: [branchAt(remote)], ask: null });

/** It is a pull request there. */
export const pullRequestOf = async (
  store: Store,
  run: string,
  { remote, reference = '12' }: { readonly remote: string; readonly reference?: string },
): Promise<void> => {
  const effects: readonly Effect[] = [
    { kind: 'pull request', remote, branch: 'b', into: 'main', title: 't', body: patch, draft: true, ciRepairs: 0 },
  ];
  await obeyed(store, run, { kind: 'publish', by: 'person:ada', round: 1, patch, effects, ask: null });
  const result = { reference, url: null, adopted: false, notes: [] };
  await obeyed(store, run, { kind: 'effected', effect: '1 pull request', outcome: { kind: 'done', result } });
};

/** What every store must know of effects: who waits for one, and from when on. */
export const effectsSuite = (name: string, open: OpenStore): void => {
  describe(`${name}: what is to be changed outside`, () => {
    test('is there from when it is asked for until it is done, failed, or nobody wants it any more', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      for (const run of ['run_aaaa', 'run_bbbb', 'run_cccc']) {
        await inReview(store, run);
        await publish(store, run, 'https://git.example.org/a.git');
      }
      const at = async (): Promise<readonly (readonly [string, number])[]> =>
        (await store.effects()).map((waiting) => [waiting.run, waiting.at]);
      expect(await at()).toEqual([
        ['run_aaaa', 0],
        ['run_bbbb', 0],
        ['run_cccc', 0],
      ]);
      const effected = (run: string, outcome: EffectOutcome) =>
        obeyed(store, run, { kind: 'effected', effect: '1 branch', outcome });
      const failed = { kind: 'failed', said: 'It is out.', remedy: 'Wait.', afterMs: 60_000 } as const;
      await effected('run_aaaa', { ...failed, again: true });
      await effected('run_bbbb', { ...failed, again: false });
      expect(await at()).toEqual([
        ['run_cccc', 0],
        ['run_aaaa', start + 60_000],
      ]);
      const again = await opened.reopen();
      expect(await again.effects()).toEqual([
        { run: 'run_cccc', at: 0 },
        { run: 'run_aaaa', at: start + 60_000 },
      ]);
      await obeyed(again, 'run_aaaa', {
        kind: 'review',
        by: 'person:ada',
        round: 1,
        patch,
        verdict: 'rejected',
        reason: '',
        comments: [],
      });
      await obeyed(again, 'run_cccc', {
        kind: 'effected',
        effect: '1 branch',
        outcome: { kind: 'done', result: { reference: 'c', url: null, adopted: false, notes: [] } },
      });
      expect(await again.effects()).toEqual([]);
    });

    test('what is asked first waits for somebody; of two who approve it at once one does, and the other reads who', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      await inReview(store, 'run_aaaa');
      await obeyed(store, 'run_aaaa', {
        kind: 'publish',
        by: 'person:dev',
        round: 1,
        patch,
        effects: [branchAt('https://git.example.org/a.git')],
        ask: { reason: 'Its trigger says so.', secrets: [] },
      });
      const again = await opened.reopen();
      const waiting = await again.openDecisions(null);
      expect(waiting.map(({ run, status, request }) => [run, status, request.kind])).toEqual([
        ['run_aaaa', 'pending', 'publish'],
      ]);
      const { id: decision = '', hash = '' } = waiting[0]?.request ?? {};
      expect(await again.effects()).toEqual([]);
      const approve = (by: string) =>
        again.command('run_aaaa', {
          kind: 'decide',
          decision,
          hash,
          verdict: { kind: 'approved', arguments: null },
          by,
        });
      const answers = await Promise.all([approve('person:ada'), approve('person:ben')]);
      const won = answers[0].outcome === 'done' ? 'ada' : 'ben';
      const lost = answers.flatMap((answer) => (answer.outcome === 'refused' ? [answer.refusal.message] : []));
      expect(lost).toEqual([`Decision ${decision} was already approved by ${won}.`]);
      expect(await again.openDecisions(null)).toEqual([]);
      expect(await again.effects()).toEqual([{ run: 'run_aaaa', at: 0 }]);
    });

    test('a run with a pull request is looked after until that has come to its end, or nobody wants to know', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const remote = 'https://git.example.org/a.git';
      for (const run of ['run_aaaa', 'run_bbbb']) {
        await inReview(store, run);
        expect(await store.followed()).not.toContain(run);
        await pullRequestOf(store, run, { remote });
      }
      const again = await opened.reopen();
      expect(await again.followed()).toEqual(['run_aaaa', 'run_bbbb']);
      const seen: PullRequestTold = {
        state: 'merged',
        by: 'github:bob',
        head: '1'.repeat(40),
        checks: { passed: 0, failed: 0, pending: 0, failing: [] },
        approvedBy: [],
        changesRequestedBy: [],
        conflictsWith: null,
      };
      const look = { outcome: 'seen', seen, request: null, conflict: null, failure: null } as const;
      await obeyed(again, 'run_aaaa', { kind: 'seen', effect: '1 pull request', ...look });
      expect(await again.followed()).toEqual(['run_bbbb']);
      await obeyed(again, 'run_bbbb', { kind: 'cancel', by: 'person:ada', reason: '' });
      expect(await again.followed()).toEqual([]);
    });
  });
};
