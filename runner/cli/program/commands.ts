import type { Define } from '../define.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

export const groups = {
  work: 'Hand over and follow:',
  decide: 'Decide:',
  review: 'Review:',
  runner: 'The runner:',
} as const;

/** Loaded one at a time: reading all of them would cost more than most of them take. */
export const commands: readonly Entry[] = [
  {
    name: 'delegate',
    group: groups.work,
    summary: 'hand a task on a repository to a background agent',
    load: () => import('../commands/delegate.ts'),
  },
  {
    name: 'recipes',
    group: groups.work,
    summary: 'list the kinds of task that can be delegated by name',
    load: () => import('../commands/recipes.ts'),
  },
  { name: 'runs', group: groups.work, summary: 'list runs', load: () => import('../commands/runs.ts') },
  { name: 'show', group: groups.work, summary: 'everything about one run', load: () => import('../commands/show.ts') },
  {
    name: 'watch',
    group: groups.work,
    summary: 'follow a run while it works',
    load: () => import('../commands/watch.ts'),
  },
  {
    name: 'message',
    group: groups.work,
    summary: 'tell the agent something while it works',
    load: () => import('../commands/message.ts'),
  },
  { name: 'cancel', group: groups.work, summary: 'stop a run', load: () => import('../commands/cancel.ts') },
  {
    name: 'retry',
    group: groups.work,
    summary: 'have a run that failed go on from its last checkpoint',
    load: () => import('../commands/retry.ts'),
  },
  {
    name: 'decisions',
    group: groups.decide,
    summary: 'what waits for a person',
    load: () => import('../commands/decisions.ts'),
  },
  {
    name: 'approve',
    group: groups.decide,
    summary: 'let a run do what it asks for',
    load: () => import('../commands/approve.ts'),
  },
  {
    name: 'reject',
    group: groups.decide,
    summary: 'refuse it, and say why',
    load: () => import('../commands/reject.ts'),
  },
  {
    name: 'answer',
    group: groups.decide,
    summary: 'answer a question of the agent',
    load: () => import('../commands/answer.ts'),
  },
  { name: 'diff', group: groups.review, summary: 'what a run changed', load: () => import('../commands/diff.ts') },
  {
    name: 'apply',
    group: groups.review,
    summary: 'put the changes into your working tree, or on a branch',
    load: () => import('../commands/apply.ts'),
  },
  { name: 'accept', group: groups.review, summary: 'accept a result', load: () => import('../commands/accept.ts') },
  {
    name: 'discard',
    group: groups.review,
    summary: 'reject a result, or ask for changes',
    load: () => import('../commands/discard.ts'),
  },
  { name: 'serve', group: groups.runner, summary: 'run the runner', load: () => import('../commands/serve.ts') },
  {
    name: 'stop',
    group: groups.runner,
    summary: 'stop the runner; its runs go on when it starts again',
    load: () => import('../commands/stop.ts'),
  },
  {
    name: 'backup',
    group: groups.runner,
    summary: 'copy a home while its runner works',
    load: () => import('../commands/backup.ts'),
  },
  {
    name: 'restore',
    group: groups.runner,
    summary: 'put a back-up into an empty home',
    load: () => import('../commands/restore.ts'),
  },
  {
    name: 'deploy',
    group: groups.runner,
    summary: 'put the worker on Trigger.dev, and check it there',
    load: () => import('../commands/deploy.ts'),
  },
  {
    name: 'doctor',
    group: groups.runner,
    summary: 'check what runs need, and say how to get it',
    load: () => import('../commands/doctor.ts'),
  },
];
