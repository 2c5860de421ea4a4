import { defaultPolicy } from '../../shared/policy/default.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import type { Task } from '../../shared/run/events.ts';

/** A task as delegation makes it, with what a test wants to be different. */
export const someTask = (different: Partial<Task> = {}): Task => ({
  tenant: 'local',
  repository: '/home/ada/shop',
  title: 'Repair the price list',
  goal: 'The test of the price list fails. Repair it.',
  images: [],
  recipe: null,
  asked: null,
  output: { kind: 'diff' },
  subject: null,
  requester: 'person:ada',
  priority: 0,
  source: {
    kind: 'local',
    repository: '/home/ada/shop',
    gitDirectory: '/home/ada/.longhaul/git/1',
    commit: '0'.repeat(40),
    head: null,
    branch: 'main',
    dirty: false,
  },
  policy: { ...defaultPolicy, limits: [] },
  budget: defaultBudget,
  setup: [],
  verification: [],
  model: null,
  decisionHours: 72,
  setupReads: [],
  loosened: [],
  notes: [],
  ...different,
});
