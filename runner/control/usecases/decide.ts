import type { DecideInput, Principal, RenewInput } from '../../../shared/api/runner-api.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { asPerson, commandRun, type ControlPlane } from './plane.ts';

export const decisions = async (plane: ControlPlane, caller: Principal): Promise<readonly DecisionSummary[]> =>
  plane.store.openDecisions(asPerson(caller).tenant);

/** Hash, expiry and policy are checked within the writing transaction, so that nothing can change in between. */
export const decide = (plane: ControlPlane, caller: Principal, { run, ...decided }: DecideInput): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'decide', ...decided, by }) });

export const renew = (plane: ControlPlane, caller: Principal, { run, decision }: RenewInput): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'renew', decision, by }) });
