import type { WorkerEvent } from '../../../shared/run/events.ts';
import type { CallIn } from '../../../shared/run/call.ts';
import { aboutCall, judgeCall } from '../agent/judge.ts';
import type { StepContext } from '../ports.ts';
import { seal } from './ask.ts';

/** Says whether a call may run, when it is the next to run and not before; and puts it to a person where that is for one to say. */
export const judgeNext = (context: StepContext, call: CallIn<'asked'>): readonly WorkerEvent[] => {
  const judged = judgeCall(context.state.task.policy, call);
  if (judged.verdict !== 'ask') return [judged];
  return [judged, { type: 'decision.requested', v: 2, request: seal(context, aboutCall({ ...judged, id: call.id })) }];
};
