import { judge } from '../policy/evaluate.ts';
import { budgetRaise } from './reduce-decisions.ts';
import { actor } from '../text/clean.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { RunState } from './state.ts';
import { parseCall } from '../policy/call.ts';
import type { DecisionRequest, DecisionVerdict, Json } from '../decision/decision.ts';
import { Budget, budgetAmount, used, type BudgetName } from './budget.ts';

export interface DecideInput {
  readonly decision: string;
  /** The hash of what the person was shown. */
  readonly hash: string;
  readonly verdict: DecisionVerdict;
}

type Checked = { readonly outcome: 'ok' } | { readonly outcome: 'refused'; readonly refusal: Refusal };
const ok: Checked = { outcome: 'ok' };

/** May this decision be made now, so? Edited arguments must fit the tool and must not be denied by policy. */
export const checkDecision = (state: RunState, input: DecideInput, now: string): Checked => {
  const open = state.decisions[input.decision];
  if (open === undefined)
    return refuse(
      'not_found',
      `Run ${state.number} has no open decision ${input.decision}.`,
      'List what is open with: longhaul decisions',
    );
  if (open.status === 'decided')
    return refuse(
      'conflict',
      `Decision ${input.decision} was already ${open.verdict.kind} by ${actor(open.by)}.`,
      'Nothing is left to do.',
    );
  const { request } = open;
  if (input.hash !== request.hash)
    return refuse(
      'stale',
      `Decision ${input.decision} is not what you were shown.`,
      'Look at it again and decide on that: longhaul decisions',
    );
  if (open.status === 'expired' || now >= request.expiresAt)
    return refuse(
      'expired',
      `Decision ${input.decision} expired at ${request.expiresAt}; nothing was done.`,
      `Ask for it again with: longhaul approve ${request.id} --renew`,
    );
  return checkVerdict(state, request, input.verdict);
};

const checkVerdict = (state: RunState, request: DecisionRequest, verdict: DecisionVerdict): Checked => {
  if (request.kind === 'question' && verdict.kind === 'approved')
    return refuse(
      'invalid',
      `Decision ${request.id} is a question: it needs an answer.`,
      `Use: longhaul answer ${request.id} "…"`,
    );
  if (request.kind !== 'question' && verdict.kind === 'answered')
    return refuse(
      'invalid',
      `Decision ${request.id} is not a question.`,
      `Use: longhaul approve ${request.id}, or longhaul reject ${request.id} --reason "…"`,
    );
  if (verdict.kind === 'answered' && request.choices.length > 0 && !request.choices.includes(verdict.answer))
    return refuse(
      'invalid',
      `${JSON.stringify(verdict.answer)} is none of the choices.`,
      `Answer with one of: ${request.choices.join(', ')}`,
    );
  if (verdict.kind !== 'approved' || verdict.arguments === null) return ok;
  if (request.kind === 'budget') return checkBudget(state, request, verdict.arguments);
  if (request.kind === 'publish')
    return refuse(
      'invalid',
      `Decision ${request.id} is about exactly what was shown: it is not approved as something else.`,
      `Reject it, and publish it as you want it: longhaul publish ${state.number}`,
    );
  // Approving a repetition says that the very same is to run again.
  if (request.kind !== 'call' || request.tool === null)
    return refuse('invalid', `Decision ${request.id} has no arguments to edit.`, 'Approve it as it is, or reject it.');
  const parsed = parseCall(request.tool, verdict.arguments);
  if (parsed.outcome === 'invalid')
    return refuse('invalid', parsed.message, 'Correct the arguments and approve again.');
  const judgement = judge(state.task.policy, parsed.call);
  return judgement.verdict === 'deny'
    ? refuse(
        'denied',
        `Policy denies the edited call: ${judgement.reason}`,
        'Edit it so that policy allows it, or reject it.',
      )
    : ok;
};

/** A limit that is used up already would have the run ask again at once, as if nobody had said anything. */
const checkBudget = (state: RunState, request: DecisionRequest, edited: Json): Checked => {
  const raise = budgetRaise(edited);
  const asked = budgetRaise(request.arguments);
  if (raise === null || raise.budget !== asked?.budget || !Budget.shape[raise.budget].safeParse(raise.limit).success)
    return refuse(
      'invalid',
      'The edited arguments are no budget.',
      `Give {"budget": ${JSON.stringify(asked?.budget ?? 'turns')}, "limit": ${wantedLimit(asked?.budget ?? 'turns')}}.`,
    );
  const { budget, limit } = raise;
  const spent = used(state.spent)[budget];
  if (limit > spent) return ok;
  return refuse(
    'invalid',
    `${budgetAmount(budget, rounded(spent))} ${rounded(spent) === 1 ? 'is' : 'are'} used already: with a limit of ${limit} the agent could not go on.`,
    `Give more than ${rounded(spent)}, such as the ${asked.limit} that were asked for.`,
  );
};

const wantedLimit = (budget: BudgetName): string =>
  Budget.shape[budget].safeParse(0.5).success ? 'a positive number' : 'a positive whole number';

const rounded = (value: number): number => Math.ceil(value * 100) / 100;
