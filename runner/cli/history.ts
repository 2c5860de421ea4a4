import { isOf, type CallFacts, type CommandFacts, type DecisionFacts } from '../../shared/run/story/moment.ts';
import type { RetryFacts, ReviewFacts } from '../../shared/run/story/moment.ts';
import { superseded, type Story } from '../../shared/run/story/story.ts';
import type { ReviewComment } from '../../shared/run/events.ts';

interface Noted {
  readonly at: string;
  readonly by: string;
  readonly text: string;
  readonly comments: readonly ReviewComment[];
}

/** What a run's events tell beyond its state, for a program: everything with a time, an output or a name to it. */
export interface History {
  readonly activations: number;
  readonly calls: readonly (CallFacts & { readonly decision: string | null })[];
  /** `superseded`: verification of an attempt that the agent went on from afterwards. */
  readonly commands: readonly (CommandFacts & { readonly round: number; readonly superseded: boolean })[];
  readonly decisions: readonly DecisionFacts[];
  readonly retries: readonly (RetryFacts & { readonly at: string })[];
  readonly messages: readonly Noted[];
  readonly reviews: readonly (ReviewFacts & { readonly at: string; readonly round: number })[];
  readonly applications: readonly {
    readonly at: string;
    readonly by: string;
    readonly how: 'worktree' | 'branch' | 'undo';
    readonly target: string;
    readonly files: number;
    readonly conflicts: number;
  }[];
}

export const historyOf = ({ moments, activations }: Story): History => {
  const gone = superseded(moments);
  return {
    activations,
    calls: callsOf(moments),
    commands: moments
      .filter(isOf('command'))
      .map(({ about, round, key }) => ({ ...about.command, round, superseded: gone.has(key) })),
    decisions: moments.filter(isOf('decision')).map(({ about }) => about.decision),
    retries: moments.filter(isOf('retry')).map(({ at, about }) => ({ at, ...about.retry })),
    messages: moments.filter(isOf('message')).map(({ at, about }) => ({ at, ...about.message, comments: [] })),
    reviews: moments.filter(isOf('review')).map(({ at, about, round }) => ({ at, round, ...about.review })),
    applications: moments.filter(isOf('application')).map(({ at, about }) => ({ at, ...about.application })),
  };
};

/** Calls in their order, each with the decision about it that was asked for last. Ids of calls repeat: the one before it is meant. */
const callsOf = (moments: Story['moments']): History['calls'] => {
  const calls: History['calls'][number][] = [];
  for (const { about } of moments) {
    if (about.kind === 'call') calls.push({ ...about.call, decision: null });
    if (about.kind !== 'decision') continue;
    const { id, requester } = about.decision.request;
    const at = calls.findLastIndex((call) => call.id === requester.call);
    const call = calls[at];
    if (call !== undefined) calls[at] = { ...call, decision: id };
  }
  return calls;
};
