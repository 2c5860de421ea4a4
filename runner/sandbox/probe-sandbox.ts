import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../machine/home/temporary-folder.ts';
import type { Outlets } from './command-sandbox.ts';
import type { SandboxLimits, SandboxOptions } from './sandbox.ts';

const mib = 1024 * 1024;

/** For a sandbox that runs one command which does nothing. */
const limits: SandboxLimits = {
  memoryBytes: 256 * mib,
  processes: 64,
  fileBytes: mib,
  tmpBytes: mib,
  workspaceBytes: mib,
};

/** What an empty sandbox may take before it counts as broken. */
export const probeMs = 10_000;

/** For a command whose output does not matter, and which is too small to be watched. */
export const probeOutlets = (): Outlets => ({
  onOutput: () => {},
  onCut: () => {},
  watch: () => {},
  kill: AbortSignal.timeout(probeMs),
});

/** A workspace for a while, with nothing in it, in a `folder` that nobody else can enter. */
export const openProbe = async (user: SandboxOptions['user'], mode: number) => {
  const folder = await temporaryFolder('longhaul-probe-');
  const workspace = join(folder.path, 'workspace');
  const scratch = join(folder.path, 'scratch');
  for (const path of [workspace, scratch]) await mkdir(path, { mode });
  return {
    folder: folder.path,
    options: { workspace, home: null, scratch, user, limits: limits, readable: [] } satisfies SandboxOptions,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};
