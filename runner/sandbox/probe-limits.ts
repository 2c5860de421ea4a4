import type { SandboxLimits } from './sandbox.ts';

const MIB = 1024 * 1024;

/** For a sandbox that runs one command which does nothing. */
export const PROBE_LIMITS: SandboxLimits = {
  memoryBytes: 256 * MIB,
  processes: 64,
  fileBytes: MIB,
  tmpBytes: MIB,
  workspaceBytes: MIB,
};
