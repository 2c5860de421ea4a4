import { isOf, type CallFacts } from '../../shared/run/story/moment.ts';
import { superseded, type Story } from '../../shared/run/story/story.ts';

type Call = CallFacts & { readonly decision: string | null };

/** What a run's events tell beyond its state, for a program: everything with a time, an output or a name to it. */
export const historyOf = ({ moments, activations }: Story) => {
  const gone = superseded(moments);
  return {
    activations,
    calls: callsOf(moments),
    /** `superseded`: verification of an attempt that the agent went on from afterwards. */
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
const callsOf = (moments: Story['moments']): readonly Call[] => {
  const calls: Call[] = [];
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
