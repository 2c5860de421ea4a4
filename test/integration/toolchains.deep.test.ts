import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toolchains as shellFolders } from '../../runner/machine/config/toolchain.ts';
import { openBubblewrap } from '../../runner/sandbox/namespaces/bubblewrap.ts';
import type { Sandbox } from '../../runner/sandbox/sandbox.ts';
import { toolchains, type Toolchain } from '../harness/toolchains.ts';

const readable = shellFolders(process.env);
const programs = [...readable.map((folder) => `${folder}/bin`), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
const has = (program: string): boolean => {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v "$0"', program], { env: { PATH: programs }, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const here = toolchains.filter(({ needs }) => needs.every(has));
const missing = toolchains.filter((one) => !here.includes(one));
const names = (some: readonly Toolchain[]): string => some.map(({ name }) => name).join(', ') || 'none';

const GiB = 2 ** 30;
const user = process.getuid?.() === 0 ? { uid: 64_789, gid: 64_789 } : null;

/** A sandbox as runs have it, over a tree with these files. */
const sandboxOver = async (files: Toolchain['files']): Promise<Sandbox> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-toolchain-'));
  const [workspace, home, scratch] = ['tree', 'home', 'scratch'].map((name) => path.join(folder, name));
  for (const place of [workspace!, home!, scratch!]) await mkdir(place);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(workspace!, name)), { recursive: true });
    await writeFile(path.join(workspace!, name), text);
  }
  if (user !== null) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  const limits = { memoryBytes: 8 * GiB, processes: 1024, fileBytes: GiB, tmpBytes: GiB, workspaceBytes: GiB };
  const sandbox = await openBubblewrap({
    workspace: workspace!,
    home: home!,
    scratch: scratch!,
    user,
    limits,
    readable,
  });
  if ('outcome' in sandbox) throw new Error(`${sandbox.reason}: ${sandbox.remedy}`);
  onTestFinished(async () => {
    await sandbox[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return sandbox;
};

// Which of them a machine has is in the names: nothing is passed over in silence.
describe(`toolchains of this machine (missing: ${names(missing)})`, () => {
  test.each(here)('$name: the tests of a small repository pass in the sandbox', async ({ files, command, passed }) => {
    const sandbox = await sandboxOver(files);
    const result = await sandbox.run(
      { argv: ['/bin/bash', '-c', command], timeoutMs: 120_000, network: [], maxOutputBytes: 20_000 },
      { signal: new AbortController().signal },
    );
    expect(result).toMatchObject({ outcome: 'exited', exitCode: 0, output: expect.stringMatching(passed) });
  });
});
