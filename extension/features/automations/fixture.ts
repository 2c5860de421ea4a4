import type { ListedTrigger } from '../../../shared/api/triggers.ts';

/** For tests: a trigger as the runner lists it. */
export const listed = (more: Partial<ListedTrigger> = {}): ListedTrigger => ({
  repository: '/src/shop',
  name: 'nightly',
  origin: 'repository',
  standing: 'off',
  enabledBy: null,
  hash: 'a'.repeat(64),
  trigger: {
    schedule: '30 2 * * 1-5',
    timeZone: 'Europe/Berlin',
    recipe: 'fix-failing-test',
    inputs: {},
    goal: 'Whatever fails.',
    publish: 'no',
    ciRepairs: 0,
    missed: 'once',
    whileOpen: 'skip',
    usdPerDay: null,
    jitterMinutes: 0,
  },
  problem: null,
  nextAt: null,
  last: null,
  spent: { runs: 0, usd: 0, unpriced: 0 },
  ...more,
});
