import type { PolicyRule } from '../policy/policy.ts';
import type { PlannedCommand } from '../run/events.ts';

/** What a repository brings that can open something: its configuration, and the recipe of its own that a task is given. */
export interface Brought {
  readonly setup: readonly PlannedCommand[] | null;
  readonly policy: { readonly rules: readonly PolicyRule[] };
}

/** A line for each host that these let the agent's commands reach unasked, and for each setup command with network. Sorted, each once. */
export const openingsOf = (brought: readonly Brought[]): readonly string[] => {
  const lines = brought.flatMap(({ setup, policy }) => [
    ...policy.rules.flatMap(({ verdict, network, command }) =>
      verdict === 'allow' && network !== undefined
        ? [
            `commands of the agent${command === undefined ? '' : ` that begin with ${command}`} may reach ${network} unasked`,
          ]
        : [],
    ),
    ...(setup ?? []).flatMap(({ command, network }) =>
      network.length === 0 ? [] : [`setup runs ${command} and may reach ${[...network].sort().join(', ')}`],
    ),
  ]);
  return [...new Set(lines)].toSorted();
};
