import { expect, test } from 'vitest';
import { stateAt } from '../../cli/fixture.ts';
import type { TriggerRow } from '../store/store.ts';
import type { ControlPlane } from './plane.ts';
import { tellOf } from './tell-trigger.ts';

const key = { tenant: 'local', repository: '/r', name: 'nightly' };

const row = (own: Partial<TriggerRow>): TriggerRow => ({
  ...key,
  enabled: true,
  by: 'ada',
  byOwner: true,
  origin: 'repository',
  publishes: 'no',
  output: 'diff',
  enabledAt: 0,
  handledAt: 0,
  run: 'run_last',
  dueAt: null,
  failures: 0,
  problem: null,
  ...own,
});

const told = (own: Partial<TriggerRow>, status: 'failed' | 'cancelled') => {
  const state = async () => ({ ...stateAt(null), number: 9, status });
  const store = { state, spentBy: async () => ({ runs: 3, usd: 0, unpriced: 0 }) };
  // safe: it asks for nothing else
  const plane = { store, now: () => 0 } as unknown as ControlPlane;
  return tellOf(plane, { key, row: row(own), definition: null, settings: null, problem: null });
};

test('that it stops is told as soon as its third run in a row has failed, and not when it is due again', async () => {
  expect(await told({ failures: 1 }, 'failed')).toMatchObject({ standing: 'on' });
  expect(await told({ failures: 2 }, 'failed')).toMatchObject({ standing: 'stopped', nextAt: null });
  expect(await told({ failures: 2 }, 'cancelled')).toMatchObject({ standing: 'on' });
  expect(await told({ failures: 3, enabled: false }, 'cancelled')).toMatchObject({ standing: 'stopped' });
});
