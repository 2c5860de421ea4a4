import { z } from 'zod';
import { Actor, GitObject } from '../ids.ts';
import { actor, cleanLine } from '../text/clean.ts';
import type { EffectState } from './effect.ts';
import { RemoteRef } from './source.ts';

const Count = z.int().nonnegative();
const People = z.array(Actor).max(20);

/** A pull request as its forge had it when it was last looked at. */
export const PullRequestSeen = z.strictObject({
  state: z.enum(['open', 'merged', 'closed']),
  /** Who merged or closed it, such as `github:ada`; null: it is open, or nobody says. */
  by: Actor.nullable(),
  /** The commit that the checks are of. */
  head: GitObject,
  checks: z.strictObject({
    passed: Count,
    failed: Count,
    pending: Count,
    /** Names of those that failed, at most 20. */
    failing: z.array(z.string().min(1).max(200)).max(20),
  }),
  /** Whose last review says so, of those who may write to the repository. */
  approvedBy: People,
  changesRequestedBy: People,
  /** The branch that it cannot be merged into as it is, because both changed the same; null: nothing such is known. */
  conflictsWith: RemoteRef.nullable(),
  /** Requests for changes up to the review of this number have become a round. */
  reviewed: Count,
  /** Rounds that its failing checks have begun. */
  ciRepaired: Count,
  /** Rounds that a conflict with that branch has begun. */
  baseMerged: Count,
});
export type PullRequestSeen = z.infer<typeof PullRequestSeen>;

/** Of what was seen that which a forge says; the rest is counted here. */
export const PullRequestTold = PullRequestSeen.omit({ reviewed: true, ciRepaired: true, baseMerged: true });
export type PullRequestTold = z.infer<typeof PullRequestTold>;

/** The pull request of a run. */
export interface PullRequest {
  /** Of the effect that last opened it or brought it up to date. */
  readonly effect: string;
  readonly remote: string;
  /** As its forge counts them. */
  readonly number: string;
  readonly url: string | null;
  /** How many rounds its failing checks may begin. */
  readonly ciRepairs: number;
  /** Null: it was not looked at yet. */
  readonly seen: PullRequestSeen | null;
  /** Why it could not be looked at since then; null: it could. */
  readonly unseen: { readonly since: string; readonly said: string; readonly remedy: string } | null;
}

/** After an effect: the one that it opened, or that it brought up to date. */
export const pullRequestAfter = (
  before: PullRequest | null,
  effect: Extract<EffectState, { status: 'done' }>,
): PullRequest | null => {
  if (effect.effect.kind !== 'pull request') return before;
  const { reference: number, url } = effect.result;
  const { remote, ciRepairs } = effect.effect;
  const same = before !== null && before.remote === remote && before.number === number;
  return { effect: effect.key, remote, number, url, ciRepairs, seen: same ? before.seen : null, unseen: null };
};

/** What people call it where it is. */
export const pullRequestName = (url: string | null): 'pull request' | 'merge request' =>
  /\/-\/merge_requests\/\d/.test(url ?? '') ? 'merge request' : 'pull request';

/** How it stands, as "pull request 12 was merged by ada". */
export const pullRequestText = ({ number, url, seen, unseen }: PullRequest): string => {
  const name = `${pullRequestName(url)} ${number}`;
  if (unseen !== null) return `${name} cannot be looked at`;
  return seen === null ? `${name} is open` : seenText(seen, name);
};

/** The same of what was seen of it. */
export const seenText = (
  { state, by, checks, approvedBy, changesRequestedBy, conflictsWith }: PullRequestSeen,
  name = 'pull request',
): string => {
  if (state !== 'open') return `${name} was ${state}${by === null ? '' : ` by ${actor(by)}`}`;
  const facts = [
    conflictsWith === null ? null : `it conflicts with ${cleanLine(conflictsWith)}`,
    checksText(checks),
    reviewText({ approvedBy, changesRequestedBy }),
  ].filter((text) => text !== null);
  return facts.length === 0 ? `${name} is open` : `${name}: ${facts.join(', ')}`;
};

const checksText = ({ passed, failed, pending }: PullRequestSeen['checks']): string | null => {
  if (failed > 0) return `${failed} of ${passed + failed + pending} of its checks failed`;
  if (pending > 0) return 'its checks run';
  return passed > 0 ? 'its checks passed' : null;
};

const reviewText = ({
  approvedBy,
  changesRequestedBy,
}: Pick<PullRequestSeen, 'approvedBy' | 'changesRequestedBy'>): string | null => {
  if (changesRequestedBy.length > 0) return 'changes are requested';
  return approvedBy.length > 0 ? 'it is approved' : null;
};
