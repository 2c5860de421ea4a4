import { describe, expect, test } from 'vitest';
import { leasedRun } from '../bench/store-run.ts';
import { someEvent } from '../fakes/outside-event.ts';
import type { OpenStore } from './store.ts';

const start = Date.parse('2030-01-01T00:00:00.000Z');

/** What every store must know of what begins runs by itself. */
export const triggersSuite = (name: string, open: OpenStore): void => {
  describe(`${name}: triggers`, () => {
    test('are their tenant’s, and what was dealt with stays so, whatever the clock says', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      const key = { tenant: 'one', repository: '/r', name: 'nightly' };
      const handled = {
        failures: 1,
        problem: 'It is late.',
        began: { run: 'run_aaaa', dueAt: start },
        firing: null,
        stop: false,
      };
      // Nobody enabled it.
      await store.triggerHandled(key, { ...handled, handledAt: start });
      expect(await store.triggers(null)).toEqual([]);
      await store.enableTrigger(key, {
        by: 'ada',
        byOwner: true,
        origin: 'repository',
        publishes: 'no',
        output: 'diff',
      });
      await store.enableTrigger(
        { ...key, tenant: 'two' },
        { by: 'bob', byOwner: false, origin: 'repository', publishes: 'no', output: 'diff' },
      );
      const fresh = {
        by: 'ada',
        byOwner: true,
        origin: 'repository',
        publishes: 'no',
        output: 'diff',
        enabled: true,
        enabledAt: start,
        handledAt: start,
        run: null,
        dueAt: null,
        failures: 0,
        problem: null,
      };
      expect(await store.triggers('one')).toEqual([{ ...key, ...fresh }]);
      expect((await store.triggers(null)).map(({ tenant }) => tenant).toSorted()).toEqual(['one', 'two']);
      await store.triggerHandled(key, { ...handled, handledAt: start + 5_000 });
      await store.triggerHandled(key, { ...handled, handledAt: start + 1_000, began: null, problem: null, stop: true });
      now -= 60_000;
      const again = await opened.reopen();
      const after = { run: 'run_aaaa', dueAt: start, failures: 1, problem: null, enabled: false };
      expect(await again.triggers('one')).toEqual([{ ...key, ...fresh, ...after, handledAt: start + 5_000 }]);
      await again.enableTrigger(key, {
        by: 'eve',
        byOwner: false,
        origin: 'repository',
        publishes: 'no',
        output: 'diff',
      });
      const enabled = {
        ...fresh,
        by: 'eve',
        byOwner: false,
        run: 'run_aaaa',
        dueAt: start,
        handledAt: start + 5_000,
        enabledAt: now,
      };
      expect(await again.triggers('one')).toEqual([{ ...key, ...enabled }]);
      await again.disableTrigger(key, 'ada');
      expect(await again.triggers('one')).toEqual([{ ...key, ...enabled, enabled: false }]);
      expect(await again.triggers('two')).toEqual([
        { ...key, tenant: 'two', ...fresh, by: 'bob', byOwner: false, origin: 'repository', publishes: 'no' },
      ]);
    });

    test('keep what happened outside where one waits for it, once, however it is told again', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      const repository = 'https://github.com/acme/shop';
      const key = { tenant: 'one', repository: `${repository}.git`, name: 'bugs' };
      const told = { id: 'github 1', digest: '1'.repeat(64), event: someEvent({ repository }) };
      expect(await store.recordEvent(told)).toBe('unwanted');
      await store.enableTrigger(key, {
        by: 'ada',
        byOwner: true,
        origin: 'repository',
        publishes: 'no',
        output: 'diff',
      });
      expect(await store.recordEvent({ ...told, event: someEvent({ repository: `${repository}s` }) })).toBe('unwanted');
      expect(await store.recordEvent({ ...told, event: someEvent({ repository: null, tenant: 'two' }) })).toBe(
        'unwanted',
      );
      const all = await Promise.all([store.recordEvent(told), store.recordEvent(told)]);
      expect(all.toSorted()).toEqual(['known', 'new']);
      expect(await store.recordEvent({ ...told, id: 'github 2' })).toBe('known');
      expect(await store.recordEvent({ ...told, digest: '2'.repeat(64) })).toBe('known');
      now += 1_000;
      const other = { id: 'github 3', digest: '3'.repeat(64), event: someEvent({ repository, subject: 'issue 13' }) };
      expect(await store.recordEvent(other)).toBe('new');
      expect(await store.newEvents(1)).toEqual([{ id: 'github 1', at: start, event: told.event }]);
      await store.eventHandled('github 1');
      const again = await opened.reopen();
      expect(await again.newEvents(9)).toEqual([{ id: 'github 3', at: start + 1_000, event: other.event }]);
      // What is handled is forgotten when it is old, and what is not is not.
      now += 10_000;
      await again.forgetEvents(now);
      expect(await again.recordEvent(told)).toBe('new');
      expect(await again.recordEvent(other)).toBe('known');
      await again.disableTrigger(key, 'ada');
      expect(await again.recordEvent({ ...told, id: 'github 4', digest: '4'.repeat(64) })).toBe('unwanted');
    });

    test('have what came of each time they were due on record once', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const key = { tenant: 'one', repository: '/r', name: 'bugs' };
      await store.enableTrigger(key, {
        by: 'ada',
        byOwner: true,
        origin: 'repository',
        publishes: 'no',
        output: 'diff',
      });
      const handled = { handledAt: start, failures: 0, problem: null, stop: false };
      const base = { publish: 'no', ciRepairs: 0, unpublished: null } as const;
      const firing = {
        ...base,
        event: 'github 1',
        at: start,
        about: 'issue 1 by eve',
        url: null,
        run: null,
        said: 'No.',
      };
      const began = { run: 'run_aaaa', dueAt: null };
      const second = { ...firing, event: 'github 2', at: start + 1, run: 'run_aaaa', said: null };
      await store.triggerHandled(key, { ...handled, began: null, firing });
      await store.triggerHandled(key, { ...handled, began: null, firing: { ...firing, said: 'Otherwise.' } });
      await store.triggerHandled(key, { ...handled, began, firing: second });
      expect(await store.firings(key, 9)).toEqual([second, firing]);
      expect(await store.firings(key, 1)).toEqual([second, firing]);
      expect(await store.firings({ ...key, tenant: 'two' }, 9)).toEqual([]);
      expect(await store.firedFor('github 2')).toEqual([key]);
      expect(await store.begunSince(key, start)).toBe(1);
      expect(await store.begunSince(key, start + 1)).toBe(0);
      const pending = { ...firing, event: 'github 3', run: 'run_bbbb', said: null, publish: 'draft' } as const;
      await store.triggerHandled(key, { ...handled, began: null, firing: pending });
      await store.forgetEvents(start + 1);
      expect(await store.firings(key, 9)).toEqual([second, pending]);
      await store.publishTried({ key, event: 'github 3' }, null);
      await store.forgetEvents(start + 1);
      expect(await store.firings(key, 9)).toEqual([second]);
    });

    test('know what those runs have spent that are still there, each once', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const key = { tenant: 'one', repository: '/r', name: 'bugs' };
      await store.enableTrigger(key, {
        by: 'ada',
        byOwner: true,
        origin: 'repository',
        publishes: 'no',
        output: 'diff',
      });
      expect(await store.spentBy(key, 0)).toEqual({ runs: 0, usd: 0, unpriced: 0 });
      const base = { about: 'issue 1', url: null, said: null, publish: 'no', ciRepairs: 0 } as const;
      const fired = (event: string, run: string, at: number) =>
        store.triggerHandled(key, {
          handledAt: start,
          failures: 0,
          problem: null,
          stop: false,
          began: { run, dueAt: null },
          firing: { ...base, event, run, at },
        });
      for (const [run, usd] of [
        ['run_priced', 1.25],
        ['run_unpriced', null],
        ['run_before', 8],
      ] as const) {
        const { activation } = await leasedRun(store, run);
        const events = [{ type: 'context.compacted', v: 1, through: 1, summary: '', usage: null, cost: usd }] as const;
        const written = await store.command(run, { kind: 'append', activation, fence: 1, events: [...events] });
        expect(written.outcome).not.toBe('refused');
      }
      await fired('github 1', 'run_priced', start + 1);
      await fired('github 2', 'run_priced', start + 2);
      await fired('github 3', 'run_unpriced', start + 3);
      await fired('github 4', 'run_before', start);
      await fired('github 5', 'run_deleted', start + 5);
      expect(await store.spentBy(key, start)).toEqual({ runs: 2, usd: 1.25, unpriced: 1 });
      expect(await store.spentBy({ ...key, tenant: 'two' }, start)).toEqual({ runs: 0, usd: 0, unpriced: 0 });
    });
  });
};
