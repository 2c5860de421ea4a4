import type { DecideInput, RenewInput } from '../../../shared/api/decide-input.ts';
import type { CancelInput, MessageInput, Principal, ReviewInput } from '../../../shared/api/runner-api.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { commandRun, type ControlPlane } from './plane.ts';

/** Hash, expiry and policy are checked within the writing transaction, so that nothing can change in between. */
export const decide = (plane: ControlPlane, caller: Principal, { run, ...decided }: DecideInput): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'decide', ...decided, by }) });

export const renew = (plane: ControlPlane, caller: Principal, { run, decision }: RenewInput): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'renew', decision, by }) });

export const review = (plane: ControlPlane, caller: Principal, input: ReviewInput): Promise<RunState> => {
  const { run, ...reviewed } = input;
  return commandRun(plane, caller, { run, command: (by) => ({ kind: 'review', by, ...reviewed }) });
};

export const message = (plane: ControlPlane, caller: Principal, { run, text }: MessageInput): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'message', by, text }) });

/** Ends the run on record first; then its worker, if it has one, is stopped at once rather than at its next heartbeat. */
export const cancel = async (plane: ControlPlane, caller: Principal, input: CancelInput): Promise<RunState> => {
  const after = await commandRun(plane, caller, {
    run: input.run,
    command: (by) => ({ kind: 'cancel', by, reason: input.reason }),
  });
  // Asked now, and not by what the run was before: it may have gone on in between.
  const having = plane.engine.having(after.id);
  for (const activation of having) plane.engine.cancel(activation);
  if (having.length === 0) plane.engine.release(after.id);
  return after;
};
