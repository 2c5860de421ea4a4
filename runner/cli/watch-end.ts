import { checksOf, type RunState } from '../../shared/run/state.ts';
import { exit, type ExitCode } from './exit.ts';

/** Whether following a run goes on, and what its end means to a script. */
export type WatchEnd =
  | { readonly kind: 'follow' }
  | { readonly kind: 'end'; readonly exitCode: ExitCode; readonly why: 'over' | 'review' | 'decision' | 'paused' };

/**
 * A run that is over ends the watch: 0 with a result or with nothing to do, 1 where there is no result that counts, as where
 * nothing was changed and checks failed. One
 * in review waits for a person: 3. One that waits for a decision, or is paused, does too, but at a terminal the person is there
 * and sees what it waits for, so the watch goes on unless `untilDecision` says otherwise.
 */
export const watchEnd = (state: RunState, { untilDecision }: { readonly untilDecision: boolean }): WatchEnd => {
  switch (state.status) {
    case 'queued':
    case 'working':
    case 'ready':
      return { kind: 'follow' };
    case 'waiting':
      if (state.until.kind === 'time' || !untilDecision) return { kind: 'follow' };
      return { kind: 'end', exitCode: exit.waits, why: state.until.kind === 'resume' ? 'paused' : 'decision' };
    case 'reviewing':
      return { kind: 'end', exitCode: exit.waits, why: 'review' };
    case 'accepted':
      return { kind: 'end', exitCode: exit.done, why: 'over' };
    case 'completed':
      return { kind: 'end', exitCode: checksOf(state).failed === 0 ? exit.done : exit.failed, why: 'over' };
    case 'rejected':
    case 'failed':
    case 'cancelled':
      return { kind: 'end', exitCode: exit.failed, why: 'over' };
  }
};
