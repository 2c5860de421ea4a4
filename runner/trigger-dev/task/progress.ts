import { runningCall, type RunState } from '../../../shared/run/state.ts';

/** What Trigger.dev's dashboard is shown of a run. Never code, arguments or outputs: it is another party's database. */
export type Progress = Readonly<Record<string, Json>>;
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Trigger.dev takes 256 KB of metadata; a page shows a few lines of it. */
const longestText = 120;
const mostSteps = 20;

export const progressOf = (state: RunState): Progress => {
  const { spent, plan, turn } = state;
  const call = runningCall(state);
  return {
    run: `#${state.number}`,
    status: state.status,
    round: state.round,
    turn: turn?.number ?? 0,
    plan: plan.slice(0, mostSteps).map(({ text, status }) => ({ text: cut(text), status })),
    call: call === undefined ? null : cut(call.tool),
    waitsFor: waitOf(state),
    cost: `${spent.unpriced > 0 ? 'at least ' : ''}$${spent.usd.toFixed(2)}`,
    tokens: spent.inputTokens + spent.outputTokens,
  };
};

/** The entries of `after` that are not as they were. */
export const changesOf = (before: Progress, after: Progress): readonly (readonly [string, Json])[] =>
  Object.entries(after).filter(([key, value]) => JSON.stringify(before[key]) !== JSON.stringify(value));

const waitOf = (state: RunState): string | null => {
  if (state.status !== 'waiting') return null;
  if (state.until.kind === 'time') return `until ${state.until.at}`;
  if (state.until.kind === 'resume') return 'somebody to have it go on';
  const kind = state.decisions[state.until.decision]?.request.kind;
  return kind === undefined ? 'a decision' : `a decision: ${kind}`;
};

const cut = (text: string): string => (text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`);
