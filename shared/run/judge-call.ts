import { Json } from '../decision/decision.ts';
import { judge, type Judgement } from '../policy/evaluate.ts';
import type { Policy } from '../policy/policy.ts';
import { ToolName } from '../tool/arguments.ts';
import { parseCall } from '../policy/call.ts';
import type { CallIn } from './call.ts';
import type { WorkerEvent } from './events.ts';

export type JudgedCall = Extract<WorkerEvent, { type: 'call.judged' }>;
/** A call as the model wants it. */
type WantedCall = Omit<CallIn<'asked'>, 'status'>;

/**
 * The verdict on a call. Pure: equal policies, calls and places give equal verdicts. `places`: where its paths lead in the tree as it
 * is, if that is elsewhere than they say. They can make a verdict stricter, and never less strict.
 */
export const judgeCall = (policy: Policy, item: WantedCall, places: readonly string[] = []): JudgedCall => {
  const known = ToolName.safeParse(item.tool).success;
  const args = jsonOf(item.arguments);
  if (known && args === undefined)
    return invalid(
      item,
      null,
      `The arguments of ${item.tool} are not JSON. Send one JSON object that fits its schema.`,
    );
  const parsed = parseCall(item.tool, args);
  if (parsed.outcome === 'invalid') return invalid(item, known && args !== undefined ? args : null, parsed.message);
  const judgement = judge(policy, { ...parsed.call, paths: [...parsed.call.paths, ...places] });
  const { verdict, rule, reason, repeatable } = parsed.tool === 'ask' ? asked(judgement) : judgement;
  return {
    type: 'call.judged',
    v: 1,
    call: item.id,
    tool: parsed.tool,
    arguments: Json.parse(parsed.arguments),
    verdict,
    rule,
    reason:
      verdict === 'allow' || places.length === 0 ? reason : `${reason} By links it leads to ${places.join(', ')}.`,
    network: [...parsed.call.network],
    repeatable,
  };
};

/** A question is for a person to answer, unless policy wants none to be asked. */
const asked = (judgement: Judgement): Judgement =>
  judgement.verdict === 'deny' ? judgement : { ...judgement, verdict: 'ask', reason: 'The agent asks a question.' };

/** The arguments of a call as the model wrote them; undefined: they are no JSON. */
export const jsonOf = (text: string): Json | undefined => {
  try {
    return Json.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const invalid = (item: WantedCall, args: Json | null, reason: string): JudgedCall => ({
  type: 'call.judged',
  v: 1,
  call: item.id,
  tool: item.tool,
  arguments: args,
  verdict: 'invalid',
  rule: null,
  reason,
  network: [],
  repeatable: false,
});

const strictness: Record<JudgedCall['verdict'], number> = { allow: 0, ask: 1, deny: 2, invalid: 2 };

/** Whether a judgement lets a call do no more than another one: who knows more of the tree may be stricter, and never less strict. */
export const isAsStrict = (judged: JudgedCall, atLeast: JudgedCall): boolean =>
  strictness[judged.verdict] >= strictness[atLeast.verdict] && (atLeast.repeatable || !judged.repeatable);
