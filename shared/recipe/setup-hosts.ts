import { judge } from '../policy/evaluate.ts';
import type { Policy, TaskPolicy } from '../policy/policy.ts';
import type { PlannedCommand } from '../run/events.ts';

/** A host that a setup command may reach. */
interface Opening {
  readonly command: string;
  readonly host: string;
}

export const openings = (setup: readonly PlannedCommand[]): readonly Opening[] =>
  setup.flatMap(({ command, network }) => network.map((host) => ({ command, host })));

/** What a policy says of an agent's command that did the same. */
export const verdictOn = (policy: Policy | TaskPolicy, { command, host }: Opening) =>
  judge(policy, { tool: 'bash', command, paths: [], network: [host] });

/** What of these commands a policy would not let an agent do unasked. */
export const openingSetup = (setup: readonly PlannedCommand[], policy: Policy | TaskPolicy): readonly Opening[] =>
  openings(setup).filter((opening) => verdictOn(policy, opening).verdict !== 'allow');
