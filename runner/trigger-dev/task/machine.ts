import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { contract } from '../../../shared/api/worker-api.ts';
import { keyVariable } from '../../machine/config/model-key.ts';
import { firstSandboxUser } from '../../machine/config/toolchain.ts';
import type { CheckInput, MachineReport } from '../protocol.ts';
import { probeIsolation } from '../../sandbox/probe/probe.ts';
import { findRipgrep } from '../../worker/start/ripgrep.ts';

const run = promisify(execFile);

/** Asks every program that runs need for its version, and confines a real command. */
export const reportMachine = async ({ isolation, api }: CheckInput): Promise<MachineReport> => {
  const [git, socat, prlimit, ripgrep, probed] = await Promise.all([
    versionOf('git', '--version'),
    versionOf('socat', '-V'),
    versionOf('prlimit', '--version'),
    findRipgrep(process.env).then(
      (file) => versionOf(file, '--version'),
      () => null,
    ),
    probeIsolation(isolation, firstSandboxUser()),
  ]);
  return {
    contract,
    node: process.version,
    programs: { git, socat, prlimit, ripgrep },
    sandbox:
      probed.outcome === 'ok'
        ? { outcome: 'ok', reason: probed.detail, remedy: '' }
        : { outcome: 'refused', reason: probed.reason, remedy: probed.remedy },
    modelKey: (process.env[keyVariable(api)] ?? '') !== '',
  };
};

const versionOf = async (program: string, argument: string): Promise<string | null> => {
  try {
    const { stdout } = await run(program, [argument], { timeout: 10_000 });
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'there';
  } catch {
    return null;
  }
};
