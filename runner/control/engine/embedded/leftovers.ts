import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { isRunning, processStart } from '../../../machine/processes/process-start.ts';

const Workers = z.array(z.strictObject({ pid: z.int().positive(), startTime: z.int().nonnegative().nullable() }));

/** Remembers which processes are ours, so that the next runner of this home can end those that outlive us. */
export const recordWorkers = (file: string, pids: readonly number[]): void => {
  const workers = pids.map((pid) => ({ pid, startTime: processStart(pid) }));
  writeFileSync(`${file}.draft`, JSON.stringify(workers), { mode: 0o600 });
  renameSync(`${file}.draft`, file);
};

/**
 * Ends what an earlier runner of this home left running, even stopped processes, and returns how many there were.
 * A worker exits by itself when its runner is gone; one that was stopped cannot, and would come back to a workspace
 * that is another's by then. Waits up to 5 s until they are gone.
 */
export const endLeftovers = async (file: string): Promise<number> => {
  const left = recorded(file).filter((worker) => worker.startTime !== null && isRunning(worker));
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended just now.
    }
  }
  const deadline = performance.now() + 5_000;
  while (left.some(isRunning) && performance.now() < deadline) await pause(5);
  return left.length;
};

const recorded = (file: string): z.infer<typeof Workers> => {
  try {
    return Workers.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
};
