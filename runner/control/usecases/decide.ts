import type { AnswerInput, ApproveInput, Principal, RejectInput, RenewInput } from '../../../shared/api/runner-api.ts';
import type { DecisionVerdict } from '../../../shared/decision/decision.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { asPerson, commandRun, type ControlPlane } from './plane.ts';

export const decisions = async (plane: ControlPlane, caller: Principal): Promise<readonly DecisionSummary[]> =>
  plane.store.openDecisions(asPerson(caller).tenant);

interface Decided {
  readonly run: string;
  readonly decision: string;
  readonly hash: string;
}

/** Hash, expiry and policy are checked within the writing transaction, so that nothing can change in between. */
const decide = (
  plane: ControlPlane,
  caller: Principal,
  { run, decision, hash, verdict }: Decided & { readonly verdict: DecisionVerdict },
): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'decide', decision, hash, verdict, by }) });

export const approve = (plane: ControlPlane, caller: Principal, input: ApproveInput): Promise<RunState> =>
  decide(plane, caller, { ...input, verdict: { kind: 'approved', arguments: input.arguments } });

export const reject = (plane: ControlPlane, caller: Principal, input: RejectInput): Promise<RunState> =>
  decide(plane, caller, { ...input, verdict: { kind: 'rejected', reason: input.reason } });

export const answer = (plane: ControlPlane, caller: Principal, input: AnswerInput): Promise<RunState> =>
  decide(plane, caller, { ...input, verdict: { kind: 'answered', answer: input.answer } });

export const renew = (plane: ControlPlane, caller: Principal, { run, decision }: RenewInput): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'renew', decision, by }) });
