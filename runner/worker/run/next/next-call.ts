import { boundTree } from '../../../../shared/run/append-rules.ts';
import {
  asksAgain,
  attemptsOf,
  changesTree,
  mayStart,
  mostLosses,
  type Call,
  type CallIn,
} from '../../../../shared/run/call.ts';
import type { OpenDecision } from '../../../../shared/decision/decision.ts';
import type { PreparedTree, RunState } from '../../../../shared/run/state.ts';
import type { Next } from './next-step.ts';

/** What the first call that is not finished needs. `overBudget`: asked only where it is to run for the first time. */
export const forCall = (
  state: RunState,
  call: Exclude<Call, { status: 'finished' }>,
  { tree, overBudget }: { readonly tree: PreparedTree; readonly overBudget: () => Next | null },
): Next => {
  switch (call.status) {
    case 'asked':
      return { do: 'judge', call };
    case 'judged':
      return { do: 'ask', question: { about: 'call', call, again: false } };
    case 'waiting':
      return forWaiting(state, call);
    case 'ready':
      if (!mayStart(call, tree.head.tree)) return { do: 'ask', question: { about: 'call', call, again: true } };
      return (changesTree(call) ? overBudget() : null) ?? { do: 'call', call, restore: touched(call), tree };
    case 'running':
      // Somebody is at it, and whoever asks is not: the end of that lease tells what came of it.
      return { do: 'stop' };
    case 'interrupted':
      return forInterrupted(call, tree);
    case 'held':
      return forHeld(state, call);
    case 'released':
      return { do: 'release', call };
    case 'refused':
      return conclude(call, tree, { outcome: call.outcome, output: call.reason });
    case 'answered':
      return conclude(call, tree, { outcome: 'ok', output: call.answer });
  }
};

export const park = (open: OpenDecision): Next => ({
  do: 'park',
  until: { kind: 'decision', decision: open.request.id },
});

export const conclude = (
  call: Exclude<Call, { status: 'finished' }>,
  tree: PreparedTree,
  end: Pick<Extract<Next, { do: 'conclude' }>, 'outcome' | 'output'>,
): Next => ({ do: 'conclude', call, ...end, restore: touched(call), tree });

/** What a person would decide on has to be about the tree as it is. */
const forWaiting = (state: RunState, call: CallIn<'waiting'>): Next => {
  const open = state.decisions[call.decision];
  if (open === undefined || open.status === 'decided')
    return { do: 'ask', question: { about: 'call', call, again: false } };
  const { request } = open;
  return request.tree === boundTree(state, request.kind, call.id)
    ? park(open)
    : { do: 'ask', question: { about: 'call', call, again: true } };
};

const forHeld = (state: RunState, call: CallIn<'held'>): Next => {
  const open = call.decision === null ? undefined : state.decisions[call.decision];
  return open === undefined || open.status === 'decided'
    ? { do: 'ask', question: { about: 'changes', call } }
    : park(open);
};

const forInterrupted = (call: CallIn<'interrupted'>, tree: PreparedTree): Next => {
  if (asksAgain(call)) return { do: 'ask', question: { about: 'interrupted', call } };
  if (call.losses < mostLosses) return { do: 'call', call, restore: touched(call), tree };
  return conclude(call, tree, {
    outcome: 'error',
    output: `This call ended its worker ${call.losses === 2 ? 'twice' : `${call.losses} times`}; it was not run a third time. ${
      changesTree(call) ? 'The workspace is as it was before it. ' : ''
    }Do it in another way, or in smaller steps.`,
  });
};

/** An attempt that nobody saw the end of may have changed the tree. */
const touched = (call: Call): boolean => attemptsOf(call) > 0 && changesTree(call);
