import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { suiteLimits } from '../suites/sandbox.ts';
import { makeWorkplace, modes } from './workplace.ts';

/** Nothing where the process is gone. */
const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};
const childrenOf = (pid: number): number[] => read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
const isThere = (pid: number): boolean => /^State:\s+[^Z]/m.test(read(pid, 'status'));

/**
 * Stops the first process of the sandbox that a worker is opening as soon as it is so far, or its command is there, by looking again and again; its
 * id. Nothing else of this process runs meanwhile.
 */
const stopInit = (worker: number, soFar: (init: number) => boolean): number => {
  for (;;) {
    const init = childrenOf(worker).flatMap(childrenOf).find(isBubblewrap);
    if (!isThere(worker)) throw new Error('the worker is gone');
    if (init === undefined || !(soFar(init) || childrenOf(init).length > 0)) continue;
    process.kill(init, 'SIGSTOP');
    return init;
  }
};
const isBubblewrap = (pid: number): boolean => read(pid, 'comm') === 'bwrap\n';

describe.each(modes)('$name, killed while bubblewrap sets a sandbox up', (mode) => {
  test.each([
    ['begins', () => true],
    ['mounts', (init: number) => read(init, 'mountinfo').includes(' /newroot')],
  ])('leaves nothing behind: while it %s', async (_, soFar) => {
    await using workplace = await makeWorkplace(mode, suiteLimits);
    const program = new URL('./gone-worker.ts', import.meta.url);
    for (let caught = 0; caught < 3;) {
      const worker = fork(program, [JSON.stringify(workplace.options)], { stdio: 'inherit', ...mode.worker });
      await once(worker, 'message');
      const exited = once(worker, 'exit');
      worker.send(['sleep', '600']);
      const init = stopInit(worker.pid!, soFar);
      // Its own child is the command: then it was too late.
      if (childrenOf(init).length === 0) caught += 1;
      worker.kill('SIGKILL');
      await exited;
      process.kill(init, 'SIGCONT');
      await expect.poll(() => isThere(init)).toBe(false);
    }
  });
});
