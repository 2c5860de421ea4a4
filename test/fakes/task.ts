import { defaultPolicy } from '../../shared/policy/default.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import type { Task } from '../../shared/run/events.ts';

/** A task as delegation makes it, with what a test wants to be different. */
export const someTask = (different: Partial<Task> = {}): Task => ({
  tenant: 'local',
  repository: '/repository',
  title: 'Mend the tests',
  goal: 'Mend the tests',
  recipe: null,
  requester: 'person:ada',
  priority: 0,
  source: {
    kind: 'local',
    repository: '/repository',
    gitDirectory: '/source.git',
    commit: 'a'.repeat(40),
    head: 'a'.repeat(40),
    branch: 'main',
    dirty: false,
  },
  policy: defaultPolicy,
  budget: defaultBudget,
  setup: [],
  verification: [],
  model: null,
  decisionHours: 72,
  ...different,
});
