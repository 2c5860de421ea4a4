import { describe, expect, test } from 'vitest';
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
      const handled = { failures: 1, problem: 'It is late.', began: { run: 'run_aaaa', dueAt: start }, stop: false };
      // Nobody enabled it.
      await store.triggerHandled(key, { ...handled, handledAt: start });
      expect(await store.triggers(null)).toEqual([]);
      await store.enableTrigger(key, 'ada');
      await store.enableTrigger({ ...key, tenant: 'two' }, 'bob');
      const fresh = { by: 'ada', enabled: true, handledAt: start, run: null, dueAt: null, failures: 0, problem: null };
      expect(await store.triggers('one')).toEqual([{ ...key, ...fresh }]);
      expect((await store.triggers(null)).map(({ tenant }) => tenant).toSorted()).toEqual(['one', 'two']);
      await store.triggerHandled(key, { ...handled, handledAt: start + 5_000 });
      await store.triggerHandled(key, { ...handled, handledAt: start + 1_000, began: null, problem: null, stop: true });
      now -= 60_000;
      const again = await opened.reopen();
      const after = { run: 'run_aaaa', dueAt: start, failures: 1, problem: null, enabled: false };
      expect(await again.triggers('one')).toEqual([{ ...key, ...fresh, ...after, handledAt: start + 5_000 }]);
      await again.enableTrigger(key, 'eve');
      const enabled = { ...fresh, by: 'eve', run: 'run_aaaa', dueAt: start, handledAt: start + 5_000 };
      expect(await again.triggers('one')).toEqual([{ ...key, ...enabled }]);
      await again.disableTrigger(key);
      expect(await again.triggers('one')).toEqual([{ ...key, ...enabled, enabled: false }]);
      expect(await again.triggers('two')).toEqual([{ ...key, tenant: 'two', ...fresh, by: 'bob' }]);
    });
  });
};
