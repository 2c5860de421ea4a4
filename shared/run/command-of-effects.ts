import { over, type Circumstances, type Sighting, type Told, type Wanted } from './command.ts';
import { defaultBudget } from './budget.ts';
import {
  effectKey,
  isOutputEffect,
  isPublishable,
  nextEffect,
  placeOf,
  type Effect,
  type EffectState,
} from './effect.ts';
import type { EventBody } from './events.ts';
import { backOffMs } from './losses.ts';
import { isFollowed } from './followed.ts';
import { refuse } from './refusal.ts';
import { anotherResult } from './stale-result.ts';
import { isTerminal, type RunState } from './state.ts';

/** What another side asks to wait is heeded up to this, an hour: it may be a mistake. */
const longestAskedMs = 3_600_000;

/** What a person has shown is published, and nothing else. What is published already is not asked for again. */
export const published = (state: RunState, command: Told<'publish'>): Wanted => {
  if (!isPublishable(state))
    return isTerminal(state)
      ? over(state)
      : refuse(
          'conflict',
          `Run ${state.number} has no result that can be published: it is ${state.status}.`,
          `Wait until it is in review: longhaul watch ${state.number}`,
        );
  if (command.round !== state.round || command.patch !== state.result?.patch) return anotherResult(state, command);
  const wanted = command.effects.map((effect) => ({ effect, key: effectKey(state.round, effect) }));
  const known = new Map(state.effects.map((each) => [each.key, each]));
  // What waits behind one that failed waits in vain.
  const busy = nextEffect(state);
  if (busy !== null)
    return refuse(
      'conflict',
      `Run ${state.number} is being published: its ${busy.effect.kind} is under way.`,
      `Follow it with: longhaul watch ${state.number}`,
    );
  const left = wanted.filter(({ key }) => known.get(key)?.status !== 'done');
  const other = wanted.find(({ effect, key }) => isElsewhere(known.get(key), effect));
  if (other !== undefined || left.length === 0)
    return refuse(
      'conflict',
      `Round ${state.round} of run ${state.number} is published already${whereOf(state.effects)}.`,
      state.output !== null
        ? 'Change what is there by hand, or delegate it again: longhaul delegate --recipe … --about …'
        : state.status === 'accepted'
          ? `Change what is there by hand, or make another branch: longhaul apply ${state.number} --branch …`
          : `Request changes, and publish the next round: longhaul discard ${state.number} --changes "…"`,
    );
  return left.map(({ key, effect }) => ({ type: 'effect.requested', v: 3, key, effect, by: command.by }));
};

const isElsewhere = (known: EffectState | undefined, effect: Effect): boolean =>
  known?.status === 'done' && (known.effect.remote !== effect.remote || placeOf(known.effect) !== placeOf(effect));

const whereOf = (effects: readonly EffectState[]): string => {
  const last = effects.findLast(({ status }) => status === 'done');
  if (last?.status !== 'done') return '';
  return `: ${last.result.url ?? `${placeOf(last.effect)} of ${last.effect.remote}`}`;
};

/** What is done is on record as done, be it that a person has changed their mind meanwhile. */
export const effected = (state: RunState, command: Told<'effected'>, { at, jitter }: Circumstances): Wanted => {
  const tried = state.effects.find(({ key, status }) => key === command.effect && status === 'requested');
  if (tried === undefined)
    return refuse(
      'conflict',
      `"${command.effect}" is not what run ${state.number} is to do next.`,
      'Nothing is left to do.',
    );
  const { key, failures } = tried;
  const { outcome } = command;
  if (outcome.kind === 'done')
    return [{ type: 'effect.done', v: 1, key, result: outcome.result }, ...acceptedBy(state, tried)];
  const { said, remedy, afterMs } = outcome;
  const again = outcome.again && nextEffect(state) === tried;
  const most = state.budget.retries ?? defaultBudget.retries ?? 0;
  if (!again) return [{ type: 'effect.failed', v: 1, key, said, remedy }];
  if (failures + 1 >= most)
    return [{ type: 'effect.failed', v: 1, key, said: `${said} (${failures + 1} attempts)`, remedy }];
  const pause = Math.max(backOffMs(failures, jitter), Math.min(afterMs ?? 0, longestAskedMs));
  return [{ type: 'effect.delayed', v: 1, key, said, retryAt: new Date(Date.parse(at) + pause).toISOString() }];
};

/** Whoever had the result said has accepted it: there is nothing else to be done with it. */
const acceptedBy = ({ status, round }: RunState, { effect, by, round: of }: EffectState): readonly Verdict[] =>
  isOutputEffect(effect) && status === 'reviewing' && of === round
    ? [{ type: 'review.decided', v: 3, from: 'person', by, verdict: 'accepted', reason: '', comments: [], merge: null }]
    : [];

/**
 * What was seen of the pull request goes on record where it is otherwise than before. Merged accepts the result, closed rejects it; what people there
 * want to be otherwise is the next round, once the result is in review.
 */
export const seen = (state: RunState, command: Told<'seen'>): Wanted => {
  const { pullRequest, status } = state;
  if (pullRequest?.effect !== command.effect || !isFollowed(state))
    return refuse('conflict', `Run ${state.number} follows no such pull request.`, 'Nothing is left to do.');
  const { effect: key } = command;
  if (command.outcome === 'unseen')
    return pullRequest.unseen === null
      ? [{ type: 'effect.unseen', v: 1, key, said: command.said, remedy: command.remedy }]
      : [];
  const { reviewed, ciRepaired, baseMerged } = pullRequest.seen ?? { reviewed: 0, ciRepaired: 0, baseMerged: 0 };
  const verdict = status === 'reviewing' ? verdictOf(state, command) : null;
  const now = {
    ...command.seen,
    reviewed:
      verdict?.verdict === 'changes' && verdict.from === 'person' ? (command.request?.review ?? reviewed) : reviewed,
    ciRepaired: verdict?.from === 'checks' ? ciRepaired + 1 : ciRepaired,
    baseMerged: verdict?.from === 'base' ? baseMerged + 1 : baseMerged,
  };
  const isNews = pullRequest.unseen !== null || JSON.stringify(now) !== JSON.stringify(pullRequest.seen);
  return [
    ...(isNews ? [{ type: 'effect.seen', v: 3, key, seen: now } as const] : []),
    ...(verdict === null ? [] : [verdict]),
  ];
};

type Published = Pick<RunState, 'effects' | 'round' | 'pullRequest'>;

/** Whether the pull request has the round at hand. */
const hasRound = ({ effects, round, pullRequest }: Published): boolean =>
  effects.some(({ key, round: of }) => key === pullRequest?.effect && of === round);

/** Whether checks of the pull request that fail begin a round, so that what they say is of use. */
export const mayRepair = (run: Published & Pick<RunState, 'status'>): boolean =>
  run.status === 'reviewing' &&
  hasRound(run) &&
  (run.pullRequest?.ciRepairs ?? 0) > (run.pullRequest?.seen?.ciRepaired ?? 0);

/** Rounds that conflicts with its base begin by themselves: a busy branch would have a run work for ever. */
const mostMerges = 3;

const mayMerge = (run: Published): boolean => hasRound(run) && (run.pullRequest?.seen?.baseMerged ?? 0) < mostMerges;

type Verdict = Extract<EventBody, { type: 'review.decided' }>;

/** Of a result that is not in the pull request, because it was published before this round, its end and its checks there say nothing. */
const verdictOf = (
  run: RunState,
  { seen: { state, by, head }, request, conflict, failure }: Extract<Sighting, { outcome: 'seen' }>,
): Verdict | null => {
  const { effects, round, pullRequest } = run;
  const review = {
    type: 'review.decided',
    v: 3,
    from: 'person',
    by: by ?? 'github',
    reason: '',
    comments: [],
    merge: null,
  } as const;
  const isOfRound = hasRound(run);
  if (state === 'merged') return isOfRound ? { ...review, comments: [], verdict: 'accepted' } : null;
  if (state === 'closed')
    return isOfRound ? { ...review, comments: [], verdict: 'rejected', reason: 'Its pull request was closed.' } : null;
  if (request !== null && request.review > (pullRequest?.seen?.reviewed ?? 0))
    return { ...review, by: request.by, verdict: 'changes', reason: request.reason, comments: [...request.comments] };
  // What somebody else has pushed on top is not what the run has made.
  const isOwn = effects.some(
    (effect) => effect.round === round && effect.status === 'done' && effect.result.reference === head,
  );
  if (!isOwn) return null;
  // What cannot be merged is not checked by many a server: this goes first.
  if (conflict !== null && pullRequest !== null && mayMerge(run))
    return {
      ...review,
      comments: [],
      from: 'base',
      verdict: 'changes',
      merge: { remote: pullRequest.remote, ...conflict },
    };
  if (failure === null || !mayRepair(run)) return null;
  return { ...review, from: 'checks', verdict: 'changes', reason: failure.reason, comments: [...failure.comments] };
};
