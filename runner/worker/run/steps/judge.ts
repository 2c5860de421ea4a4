import type { WorkerEvent } from '../../../../shared/run/events.ts';
import type { CallIn } from '../../../../shared/run/call.ts';
import { jsonOf, judgeCall, type JudgedCall } from '../../../../shared/run/judge-call.ts';
import { aboutCall } from '../../agent/judge.ts';
import type { StepContext } from '../ports/ports.ts';
import { placesOf } from '../../tools/places.ts';
import { seal } from './ask.ts';
import { endsActivation, troubleText } from './trouble.ts';

/** Says whether a call may run, when it is the next to run and not before; and puts it to a person where that is for one to say. */
export const judgeNext = async (context: StepContext, call: CallIn<'asked'>): Promise<readonly WorkerEvent[]> => {
  const { state, ports } = context;
  // What is judged is what will be on record and run: without secrets.
  const args = ports.redact(call.arguments);
  const wanted = { ...call, arguments: args };
  const places = await placesOf(ports.workspace.root, { tool: call.tool, args: jsonOf(args) }).catch(
    (error: unknown) => {
      if (context.signal.aborted || endsActivation(error)) throw error;
      return troubleText(error, ports.workspace.root);
    },
  );
  if (typeof places === 'string') return [unjudgeable(judgeCall(state.task.policy, wanted), places)];
  const judged = judgeCall(state.task.policy, wanted, places);
  if (judged.verdict !== 'ask') return [judged];
  return [judged, { type: 'decision.requested', v: 3, request: seal(context, aboutCall({ ...judged, id: call.id })) }];
};

/** Where a call leads that nobody can find out, it does not run: the model is told, and the worker does not die of it. */
const unjudgeable = (judged: JudgedCall, why: string): JudgedCall =>
  judged.verdict === 'deny' || judged.verdict === 'invalid'
    ? judged
    : { ...judged, verdict: 'invalid', rule: null, reason: `Where it leads could not be found out: ${why}` };
