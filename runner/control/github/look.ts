import { z } from 'zod';
import { GitObject } from '../../../shared/ids.ts';
import type { ChangeRequest } from '../../../shared/run/command.ts';
import type { ReviewComment } from '../../../shared/run/events.ts';
import { PullRequestTold } from '../../../shared/run/pull-request.ts';
import { clean } from '../../../shared/text/clean.ts';
import { Trouble } from '../../../shared/trouble.ts';
import type { Look } from '../forges/forge.ts';
import { remarkTexts, textOf } from '../forges/texts.ts';
import { checksOf, failureOf, type LogOf } from './checks.ts';
import { mayWrite } from './may-write.ts';
import { gitHubTrouble, limited, statusOf, type Octokit } from './octokit.ts';
import { page, pages } from '../forges/pages.ts';
import type { GitHubRepository } from './repository.ts';

interface LookGiven {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
  readonly number: number;
  /** Requests for changes up to the review of this number are known. */
  readonly reviewed: number;
  /** How the end of a job's log is had; null: what failing checks say is not wanted. */
  readonly logOf: LogOf | null;
}

const mostComments = 200;

/**
 * Looks at a pull request: what became of it, its checks, and what people who may write to the repository say of it. What others say, and what bots
 * do, counts for nothing. Throws Trouble.
 */
export const lookAt = async (given: LookGiven): Promise<Look> => {
  const { octokit, repository, number } = given;
  try {
    const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: number, request: limited() });
    const pull = Pull.parse(data);
    const merged = pull.merged || pull.merged_at != null;
    const reviews = await reviewsOf(given);
    const checks = await checksOf(given, pull.head.sha);
    // What is put on record is read again by everybody: a server's answer is looked over first.
    const seen = PullRequestTold.parse({
      state: merged ? 'merged' : pull.state === 'closed' ? 'closed' : 'open',
      by: merged && pull.merged_by != null ? byOf(pull.merged_by.login) : null,
      head: pull.head.sha,
      checks: checks.counted,
      // While GitHub finds it out it says null.
      conflictsWith: pull.state === 'open' && pull.mergeable === false ? pull.base.ref : null,
      ...opinionsOf(reviews),
    });
    if (seen.state !== 'open') return { seen, request: null, conflict: null, failure: null };
    const { logOf } = given;
    const isOver = seen.checks.pending === 0 && seen.checks.failed > 0;
    const failure = isOver && logOf !== null ? await failureOf(checks.failing, { ...given, logOf }) : null;
    const conflict = seen.conflictsWith === null ? null : await tipOf(given, seen.conflictsWith);
    return { seen, request: await requestOf(given, reviews), conflict, failure };
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new Trouble(`What GitHub says of pull request ${number} cannot be read (${z.prettifyError(error)}).`, {
        remedy: 'Check apiUrl (remotes in config.yaml), and whether that server’s API is GitHub’s.',
        cause: error,
      });
    throw gitHubTrouble(`show pull request ${number}`, error);
  }
};

const byOf = (login: string): string => `github:${login}`.slice(0, 200);

const Pull = z.object({
  state: z.string(),
  merged: z.boolean().catch(false),
  merged_at: z.string().nullish(),
  merged_by: z.object({ login: z.string().min(1) }).nullish(),
  head: z.object({ sha: GitObject }),
  base: z.object({ ref: z.string().min(1) }),
  mergeable: z.boolean().nullish(),
});

/** The branch as it is now; null: it is gone. */
const tipOf = async ({ octokit, repository }: LookGiven, branch: string): Promise<Look['conflict']> => {
  try {
    const { data } = await octokit.rest.git.getRef({ ...repository, ref: `heads/${branch}`, request: limited() });
    return { branch, commit: data.object.sha };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
};

/** As GitHub tells of them; of somebody who has no account any more it says null. */
const Told = z.array(
  z.object({
    id: z.int().positive(),
    user: z.object({ login: z.string().min(1), type: z.string().optional() }).nullish(),
    state: z.string(),
    body: z.string().nullish(),
  }),
);

interface Review {
  readonly id: number;
  readonly login: string;
  readonly state: string;
  readonly body: string;
}

/** Those that were handed in by people who may write, oldest first. */
const reviewsOf = async (given: LookGiven): Promise<readonly Review[]> => {
  const { octokit, repository, number } = given;
  const all = await pages((at) =>
    octokit.rest.pulls.listReviews({ ...repository, pull_number: number, ...page, page: at, request: limited() }),
  );
  const known = new Map<string, Promise<boolean>>();
  const may = (login: string): Promise<boolean> => {
    const asked = known.get(login) ?? mayWrite(given, login);
    known.set(login, asked);
    return asked;
  };
  const counted: Review[] = [];
  for (const { id, user, state, body } of Told.parse(all)) {
    if (user == null || user.type === 'Bot' || state === 'PENDING' || !(await may(user.login))) continue;
    counted.push({ id, login: user.login, state, body: body ?? '' });
  }
  return counted.toSorted((a, b) => a.id - b.id);
};

/** Each person's last word. */
const opinionsOf = (reviews: readonly Review[]): Pick<PullRequestTold, 'approvedBy' | 'changesRequestedBy'> => {
  const last = new Map<string, string>();
  for (const { login, state } of reviews) if (state !== 'COMMENTED') last.set(login, state);
  const of = (state: string) =>
    [...last].flatMap(([login, said]) => (said === state ? [byOf(login)] : [])).slice(0, 20);
  return { approvedBy: of('APPROVED'), changesRequestedBy: of('CHANGES_REQUESTED') };
};

/** What a request for changes says, with all that was remarked since the last one that was heeded. */
const requestOf = async (given: LookGiven, reviews: readonly Review[]): Promise<ChangeRequest | null> => {
  const fresh = reviews.filter(({ id }) => id > given.reviewed);
  const last = fresh.findLast(({ state }) => state === 'CHANGES_REQUESTED');
  if (last === undefined) return null;
  const heeded = fresh.filter(({ id, state }) => id <= last.id && state !== 'DISMISSED');
  const comments: ReviewComment[] = [];
  for (const { id } of heeded) comments.push(...(await commentsOf(given, id)));
  const said = heeded.filter(({ body }) => body.trim() !== '').map(({ login, body }) => `${login}: ${textOf(body)}`);
  const reason =
    said.join('\n\n') || (comments.length === 0 ? `${last.login} requests changes, and does not say which.` : '');
  return { review: last.id, by: byOf(last.login), reason, comments: comments.slice(0, mostComments) };
};

const Remarks = z.array(
  z.object({
    id: z.int().positive(),
    path: z.string(),
    line: z.int().positive().nullish(),
    side: z.string().nullish(),
    body: z.string(),
  }),
);

/** Characters of the remarks of one review. */
const longestRemarks = 12_000;

/** What a review remarks on lines, each with its place; empty: nothing. Throws what octokit throws, and ZodError. */
export const remarksOf = async ({
  review,
  ...given
}: Pick<LookGiven, 'octokit' | 'repository' | 'number'> & { readonly review: number }): Promise<string> => {
  const text = clean(remarkTexts((await commentsOf(given, review)).slice(0, mostComments)).join('\n\n'));
  return text.length <= longestRemarks ? text : `${text.slice(0, longestRemarks)}…`;
};

/** `review`: its number. */
const commentsOf = async (
  { octokit, repository, number }: Pick<LookGiven, 'octokit' | 'repository' | 'number'>,
  review: number,
): Promise<readonly ReviewComment[]> => {
  const all = await pages((at) =>
    octokit.rest.pulls.listCommentsForReview({
      ...repository,
      pull_number: number,
      review_id: review,
      ...page,
      page: at,
      request: limited(),
    }),
  );
  return Remarks.parse(all).flatMap(({ id, path, line, side, body }) => {
    const text = textOf(body);
    if (text === '') return [];
    // Of what was there before, and of what is not there any more, the result has no line.
    return [{ id, path, line: side === 'LEFT' ? null : (line ?? null), text }];
  });
};
