import { execFileSync } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attackLimits } from '../suites/sandbox-attacks.ts';
import { Driver } from './driver-client.ts';
import { makeWorkplace, modes } from './workplace.ts';

const never = new AbortController().signal;

/** Forty looks. Each is of a kind that a look from outside may not be able to judge. */
const commands = [
  { name: 'hides nothing', script: 'touch began; sleep 2' },
  {
    name: 'leaves dead children uncollected',
    script: `python3 -c 'import os, time
for _ in range(5):
    if os.fork() == 0: os._exit(0)
open("began", "w"); time.sleep(2)'`,
  },
  {
    name: 'maps a library that was replaced',
    script: `python3 -c 'import ctypes, os, time
f = os.open("library", os.O_RDWR | os.O_CREAT); os.write(f, bytes(1024 * 1024)); os.unlink("library")
ctypes.CDLL(None).mmap(None, ctypes.c_size_t(4096), 1, 1, f, ctypes.c_long(0)); os.close(f)
open("began", "w"); time.sleep(2)'`,
  },
  {
    name: 'hands files from process to process',
    script: `python3 -c 'import os, socket, time
ours, theirs = socket.socketpair()
f = os.open("handed", os.O_RDWR | os.O_CREAT); end = time.time() + 2
open("began", "w")
while time.time() < end:
    socket.send_fds(ours, [b"x"], [f]); os.close(f)
    f = socket.recv_fds(theirs, 1, 1)[1][0]
    time.sleep(0.001)'`,
  },
] as const;

describe.each(modes)('with $name', (mode) => {
  test.each(commands)('a command that $name is not ended by what another program writes', async ({ script }) => {
    await using workplace = await makeWorkplace(mode, attackLimits);
    await using driver = await Driver.start({ as: mode.worker, env: {} });
    const sandbox = await driver.open({ options: workplace.options, names: {}, ports: {}, quotaPollMs: 50 });
    if ('outcome' in sandbox) throw new Error(sandbox.reason);
    const { workspace } = workplace.options;
    const { promise: began, resolve } = Promise.withResolvers<void>();
    const watcher = watch(workspace, (_event, name) => {
      if (name === 'began') resolve();
    });
    const run = sandbox.run(
      { argv: ['bash', '-c', script], network: [], timeoutMs: 120_000, maxOutputBytes: 4096 },
      { signal: never },
    );
    await Promise.race([began, run]);
    watcher.close();
    // Twice the quota of the workspace, on the same file system.
    execFileSync('fallocate', ['-l', String(2 * attackLimits.workspaceBytes), join(workplace.folder, 'of-another')]);
    expect(await run).toMatchObject({ outcome: 'exited', exitCode: 0, output: '' });
  });
});
