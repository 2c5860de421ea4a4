import type { TaskRun } from './fate.ts';
import type { Said } from '../../control/engine/engine.ts';

type Told = Pick<Said, 'said' | 'remedy' | 'retryAt'>;

/** What the status of a task run says of an activation that no worker has begun with. `endsAt`: its ttl, ms since the epoch. Pure. */
export const notBegun = (status: TaskRun['status'], endsAt: number): Told => {
  switch (status) {
    case 'QUEUED':
    case 'DELAYED':
      return {
        said: `${status}: no machine has begun with it`,
        remedy:
          'Is a worker connected to the environment, and its concurrency not used up? Its page in Trigger.dev says',
        retryAt: endsAt,
      };
    case 'PENDING_VERSION':
      return {
        said: 'PENDING_VERSION: no deployed version has the task',
        remedy: 'Deploy it with: longhaul deploy',
        retryAt: null,
      };
    case 'EXECUTING':
      return {
        said: 'EXECUTING: it has not asked for its work',
        remedy: 'Its machine has to reach the runner at its public URL (server.publicUrl)',
        retryAt: null,
      };
    default:
      return { said: `${status}: a machine is being made ready`, remedy: null, retryAt: null };
  }
};
