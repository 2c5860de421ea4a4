import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const watchdog = path.join(import.meta.dirname, 'watchdog.ts');
const hold = path.join(import.meta.dirname, '../run/ports/hold.ts');

/** A process that has a lease (of a second) and a watchdog, and then does what `rest` says; gives how it ended. */
const worker = async (rest: string, leaseMs = 1_000): Promise<[code: number | null, signal: string | null]> => {
  const script = `
    import { startWatchdog } from ${JSON.stringify(watchdog)};
    import { Hold } from ${JSON.stringify(hold)};
    const dog = startWatchdog();
    const hold = new Hold();
    const watch = dog.watch(hold, '/nowhere');
    hold.begin(hold.now(), ${leaseMs});
    ${rest}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  return [code as number | null, signal as string | null]; // safe: what node passes on
};

describe('a watchdog', () => {
  test('kills a worker that stands still when its lease is almost over', async () => {
    // The line to the watchdog goes out with the event loop; after that nothing moves.
    expect(await worker('setImmediate(() => { for (;;); });')).toEqual([null, 'SIGKILL']);
  });

  test('that stood still with its worker lets it ask, and kills it where it does not get to that', async () => {
    const rest = `
      const { readFileSync } = await import('node:fs');
      const [child] = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ').map(Number);
      // Until the line is in its hands, and no further.
      setTimeout(() => {
        process.kill(child, 'SIGSTOP');
        const until = Date.now() + 5_000;
        while (Date.now() < until);
        process.kill(child, 'SIGCONT');
        BODY
      }, 50);`;
    const renews = 'hold.renewed(hold.now()); setTimeout(() => process.exit(hold.lapsed.aborted ? 2 : 3), 1_500);';
    expect(await worker(rest.replace('BODY', renews), 4_000)).toEqual([3, null]);
    expect(await worker(rest.replace('BODY', 'for (;;);'))).toEqual([null, 'SIGKILL']);
  });

  test('lets one live that renews its lease', async () => {
    const renew = 'const beat = setInterval(() => hold.renewed(hold.now()), 100);';
    const end = 'setTimeout(() => { clearInterval(beat); process.exit(hold.lapsed.aborted ? 2 : 3); }, 2_500);';
    // A machine so busy that it lets nothing run for most of a second makes the worker stop: that is no kill either.
    expect([2, 3]).toContain(
      (await worker(`${renew} hold.lapsed.addEventListener('abort', () => process.exit(2)); ${end}`))[0],
    );
  });

  test('lets one live whose lease was given back, and ends with it', async () => {
    const still =
      'setTimeout(() => { const until = Date.now() + 2_000; while (Date.now() < until); process.exit(3); }, 50);';
    expect(await worker(`watch[Symbol.dispose](); ${still}`)).toEqual([3, null]);
  });

  test('that was killed has another in its place', async () => {
    const kill = `
      const { execFileSync } = await import('node:child_process');
      const { readFileSync } = await import('node:fs');
      const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ');
      process.kill(Number(children[0]), 'SIGKILL');
      const look = setInterval(() => {
        const now = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
        if (now === '' || now === children[0]) return;
        clearInterval(look);
        setImmediate(() => setImmediate(() => { for (;;); }));
      }, 5);`;
    expect(await worker(kill)).toEqual([null, 'SIGKILL']);
  });
});
