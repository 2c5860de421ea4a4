import type { Define } from '../define.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

/** Under which head, in this order, and what of each is loaded: one at a time, for reading all of them would cost more than most of them take. */
const table: Readonly<Record<string, readonly (readonly [name: string, summary: string, load: Entry['load']])[]>> = {
  'Hand over and follow:': [
    ['delegate', 'hand a task on a repository to a background agent', () => import('../commands/delegate.ts')],
    ['recipes', 'list the kinds of task that can be delegated by name', () => import('../commands/recipes.ts')],
    [
      'repositories',
      'which repositories the runner works on, and whether it can',
      () => import('../commands/repositories.ts'),
    ],
    ['triggers', 'what begins runs by itself, and when', () => import('../commands/triggers.ts')],
    ['runs', 'list runs', () => import('../commands/runs.ts')],
    ['show', 'everything about one run', () => import('../commands/show.ts')],
    ['watch', 'follow a run while it works', () => import('../commands/watch.ts')],
    ['message', 'tell the agent something while it works', () => import('../commands/message.ts')],
    ['pause', 'have a run stand still after its present step', () => import('../commands/pause.ts')],
    ['resume', 'have a run that was paused go on', () => import('../commands/resume.ts')],
    ['cancel', 'stop a run', () => import('../commands/cancel.ts')],
    ['archive', 'have lists leave out a run that is over', () => import('../commands/archive.ts')],
    ['unarchive', 'have lists show it again', () => import('../commands/unarchive.ts')],
    ['delete', 'take a run that is over away for good', () => import('../commands/delete.ts')],
    ['retry', 'have a run that failed go on from its last checkpoint', () => import('../commands/retry.ts')],
  ],
  'Decide:': [
    ['decisions', 'what waits for a person', () => import('../commands/decisions.ts')],
    ['approve', 'let a run do what it asks for', () => import('../commands/approve.ts')],
    ['reject', 'refuse it, and say why', () => import('../commands/reject.ts')],
    ['answer', 'answer a question of the agent', () => import('../commands/answer.ts')],
  ],
  'Review:': [
    ['diff', 'what a run changed', () => import('../commands/diff.ts')],
    ['tree', 'the files of a run as it saved them last', () => import('../commands/tree.ts')],
    ['shell', 'a shell in the sandbox of a run, over a copy of its tree', () => import('../commands/shell.ts')],
    ['apply', 'put the changes into your working tree, or on a branch', () => import('../commands/apply.ts')],
    ['publish', 'make a branch and a pull request of a result', () => import('../commands/publish.ts')],
    ['accept', 'accept a result', () => import('../commands/accept.ts')],
    ['discard', 'reject a result, or ask for changes', () => import('../commands/discard.ts')],
  ],
  'The runner:': [
    ['serve', 'run the runner', () => import('../commands/serve.ts')],
    ['stop', 'stop the runner; its runs go on when it starts again', () => import('../commands/stop.ts')],
    ['backup', 'copy a home while its runner works', () => import('../commands/backup.ts')],
    ['restore', 'put a back-up into an empty home', () => import('../commands/restore.ts')],
    ['deploy', 'put the worker on Trigger.dev, and check it there', () => import('../commands/deploy.ts')],
    ['audit', 'what was done of consequence, and whether that is whole', () => import('../commands/audit.ts')],
    ['doctor', 'check what runs need, and say how to get it', () => import('../commands/doctor.ts')],
  ],
};

export const commands: readonly Entry[] = Object.entries(table).flatMap(([group, entries]) =>
  entries.map(([name, summary, load]) => ({ name, summary, group, load })),
);
