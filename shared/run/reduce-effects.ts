import type { EffectState } from './effect.ts';
import type { EventBody } from './events.ts';
import { withoutPublishing, type Change } from './reduce-decisions.ts';
import { pullRequestAfter } from './pull-request.ts';
import type { RunState } from './state.ts';

type Body = Extract<EventBody, { type: `effect.${string}` }>;

/** What an event makes of the effects of a run. */
export const effected = (state: RunState, body: Body, at: string): Change => {
  const known = state.effects.find(({ key }) => key === body.key);
  if (body.type === 'effect.requested') {
    const { key, effect, by } = body;
    const asked: EffectState = {
      key,
      round: state.round,
      effect,
      by,
      requestedAt: at,
      failures: 0,
      status: 'requested',
      retryAt: null,
      said: null,
    };
    return {
      effects: [...state.effects.filter((other) => other !== known), asked],
      // Whatever somebody is still asked was about another way to publish it.
      ...withoutPublishing(state, ['pending', 'expired']),
    };
  }
  if (body.type === 'effect.seen' || body.type === 'effect.unseen') return looked(state, body, at);
  if (known?.status !== 'requested') return {};
  const { status: _status, retryAt: _retryAt, said: _said, ...facts } = known;
  const after: EffectState = ((): EffectState => {
    switch (body.type) {
      case 'effect.delayed':
        return { ...known, failures: known.failures + 1, retryAt: body.retryAt, said: body.said };
      case 'effect.done':
        return { ...facts, status: 'done', result: body.result };
      case 'effect.failed':
        return { ...facts, status: 'failed', said: body.said, remedy: body.remedy };
    }
  })();
  return {
    effects: state.effects.map((effect) => (effect === known ? after : effect)),
    ...(after.status === 'done' && { pullRequest: pullRequestAfter(state.pullRequest, after) }),
    ...(body.type === 'effect.delayed' && { spent: { ...state.spent, retries: state.spent.retries + 1 } }),
  };
};

const looked = (
  { pullRequest }: RunState,
  body: Extract<Body, { type: 'effect.seen' | 'effect.unseen' }>,
  at: string,
): Change => {
  if (pullRequest?.effect !== body.key) return {};
  if (body.type === 'effect.seen') return { pullRequest: { ...pullRequest, seen: body.seen, unseen: null } };
  const { said, remedy } = body;
  return { pullRequest: { ...pullRequest, unseen: { since: at, said, remedy } } };
};
