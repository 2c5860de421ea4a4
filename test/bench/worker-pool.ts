import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Ticket } from '../../shared/api/worker-api.ts';
import type { Attempt, Execution, Finished } from '../fakes/trigger/index.ts';
import type { FromWorker, ToWorker } from './load-worker.ts';

export interface WorkerPool extends AsyncDisposable {
  readonly pids: readonly number[];
  /** As Trigger.dev's executor does it, but in a process that has many at once. It is not there to be killed. */
  execute(attempt: Attempt): Execution;
}

/** Some processes that live as long as the pool and share the activations. */
export const openWorkerPool = (size: number, env: Readonly<Record<string, string>>): WorkerPool => {
  const open = new Map<string, (finished: Finished) => void>();
  const children = Array.from({ length: size }, () => {
    const child = fork(path.join(import.meta.dirname, 'load-worker.ts'), {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', (raw) => {
      const answer = raw as FromWorker; // safe: our own program sends nothing else
      open.get(answer.taskRun)?.(finishedBy(answer));
      open.delete(answer.taskRun);
    });
    return child;
  });
  let next = 0;
  return {
    pids: children.flatMap(({ pid }) => pid ?? []),
    execute: ({ run }) => {
      const child = children[next++ % children.length]!;
      const tell = (message: ToWorker): void => void child.send(message);
      const { promise: finished, resolve } = Promise.withResolvers<Finished>();
      open.set(run.id, resolve);
      tell({ kind: 'run', taskRun: run.id, ticket: Ticket.parse(JSON.parse(run.payload)) });
      return {
        pid: undefined,
        finished,
        resolveWaitpoint: () => {},
        cancel: async () => tell({ kind: 'cancel', taskRun: run.id }),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          child.kill('SIGKILL');
          await exited;
        }),
      );
      // What was under way has no end any more.
      for (const [taskRun, resolve] of open)
        resolve(finishedBy({ kind: 'failed', taskRun, message: 'the pool was closed' }));
    },
  };
};

const finishedBy = (answer: FromWorker): Finished =>
  answer.kind === 'done'
    ? {
        kind: 'completed',
        output: { data: JSON.stringify({ left: answer.left }), dataType: 'application/json' },
        metadata: null,
      }
    : { kind: 'failed', code: null, error: { message: answer.message }, retryAfter: null, metadata: null };
