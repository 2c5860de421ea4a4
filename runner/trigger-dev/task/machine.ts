import { contract } from '../../../shared/api/worker-api.ts';
import { versionOf } from '../../machine/check.ts';
import { keyVariable } from '../../machine/config/model-key.ts';
import { firstSandboxUser } from '../../machine/config/toolchain.ts';
import type { CheckInput, MachineReport } from '../protocol.ts';
import { probeIsolation } from '../../sandbox/probe/probe.ts';
import { findRipgrep } from '../../worker/start/ripgrep.ts';

/** Asks every program that runs need for its version, and confines a real command. */
export const reportMachine = async ({ isolation, api }: CheckInput): Promise<MachineReport> => {
  const [git, socat, prlimit, ripgrep, probed] = await Promise.all([
    versionOf('git'),
    versionOf('socat', '-V'),
    versionOf('prlimit'),
    findRipgrep(process.env)
      .then((file) => versionOf(file))
      .catch(() => null),
    probeIsolation(isolation, firstSandboxUser()),
  ]);
  return {
    contract,
    node: process.version,
    programs: { git, socat, prlimit, ripgrep },
    sandbox: probed.outcome === 'ok' ? { outcome: 'ok', reason: probed.detail, remedy: '' } : probed,
    modelKey: (process.env[keyVariable(api)] ?? '') !== '',
  };
};
