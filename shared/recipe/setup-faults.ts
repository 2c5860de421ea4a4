import { limitOf } from './settings.ts';
import { openings, openingSetup, verdictOn } from './setup-hosts.ts';
import type { TermSources, Terms } from './terms.ts';

/**
 * Why a setup may not be what it is, a sentence each: an operator denies a host of it, or somebody brings it along who may not let an
 * agent's command reach that host either.
 */
export const setupFaults = ({ setup, policy }: Terms, { runner, own, by }: TermSources): readonly string[] => {
  const operators = runner.operators.flatMap((says) => limitOf(says.policy) ?? []);
  const denied = openings(setup).filter((opening) =>
    operators.some((operator) => verdictOn(operator, opening).verdict === 'deny'),
  );
  const opened = own.setup === null || by.approves ? [] : openingSetup(own.setup, policy);
  return [
    ...denied.map(({ command, host }) => `The operator's policy does not let setup (${command}) reach ${host}.`),
    ...opened
      .filter((opening) => !denied.some(({ command, host }) => command === opening.command && host === opening.host))
      .map(({ command, host }) => `Only an approver may delegate with a setup (${command}) that reaches ${host}.`),
  ];
};
