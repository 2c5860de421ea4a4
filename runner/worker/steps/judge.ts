import type { WorkerEvent } from '../../../shared/run/events.ts';
import type { CallIn } from '../../../shared/run/call.ts';
import { jsonOf, judgeCall } from '../../../shared/run/judge-call.ts';
import { aboutCall } from '../agent/judge.ts';
import type { StepContext } from '../ports.ts';
import { placesOf } from '../tools/places.ts';
import { seal } from './ask.ts';

/** Says whether a call may run, when it is the next to run and not before; and puts it to a person where that is for one to say. */
export const judgeNext = async (context: StepContext, call: CallIn<'asked'>): Promise<readonly WorkerEvent[]> => {
  const { state, ports } = context;
  // What is judged is what will be on record and run: without secrets.
  const args = ports.redact(call.arguments);
  const places = await placesOf(ports.workspace.root, { tool: call.tool, args: jsonOf(args) });
  const judged = judgeCall(state.task.policy, { ...call, arguments: args }, places);
  if (judged.verdict !== 'ask') return [judged];
  return [judged, { type: 'decision.requested', v: 2, request: seal(context, aboutCall({ ...judged, id: call.id })) }];
};
