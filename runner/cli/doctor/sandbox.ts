import { sandboxForWorkers, type RunnerConfig } from '../../machine/config/config.ts';
import { probeIsolation } from '../../sandbox/probe/probe.ts';
import { fail, ok, warn, type Check } from '../../machine/check.ts';

/** Which isolation is chosen, and whether it holds here. */
export const sandboxCheck = async (config: RunnerConfig): Promise<Check> => {
  const probed = await probeIsolation(sandboxForWorkers(config).isolation, config.sandbox.uidBase);
  if (probed.outcome === 'refused') return fail('sandbox', probed.reason, probed.remedy);
  return probed.leftOpen.length === 0
    ? ok('sandbox', probed.detail)
    : warn('sandbox', probed.detail, `Commands are not kept from:\n${probed.leftOpen.join('\n')}`);
};
