import { z } from 'zod';
import { GitObject } from '../../../shared/ids.ts';
import type { ChangeRequest } from '../../../shared/run/command.ts';
import type { ReviewComment } from '../../../shared/run/events.ts';
import { PullRequestTold } from '../../../shared/run/pull-request.ts';
import type { Look } from '../forges/forge.ts';
import { page, pages } from '../forges/pages.ts';
import { isOfRun, textOf } from '../forges/texts.ts';
import { checksOf, failureOf } from './checks.ts';
import { statusOf, type GitLab } from './client.ts';
import { isBot, mayWriteById } from './may-write.ts';

interface LookGiven {
  readonly gitlab: GitLab;
  /** Of the merge request, in its project. */
  readonly number: number;
  /** Requests for changes up to the note of this number are known. */
  readonly reviewed: number;
  readonly whyFailed: boolean;
}

const mostComments = 200;

const User = z.object({ id: z.int().positive(), username: z.string().min(1) });
type User = z.infer<typeof User>;

const MergeRequest = z.object({
  state: z.string(),
  sha: GitObject,
  merge_user: User.nullish(),
  merged_by: User.nullish(),
  closed_by: User.nullish(),
  target_branch: z.string().min(1),
  has_conflicts: z.boolean().catch(false),
});

/** Looks at a merge request. Throws what the client throws, and ZodError for what is not as GitLab's documentation has it. */
export const lookAt = async (given: LookGiven): Promise<Look> => {
  const { gitlab, number, whyFailed } = given;
  const mr = MergeRequest.parse(await gitlab.mergeRequests.show(gitlab.project, number));
  // While it is being merged, or could not be, it is `locked`.
  const state = mr.state === 'merged' || mr.state === 'closed' ? mr.state : 'open';
  const by = { merged: mr.merge_user ?? mr.merged_by, closed: mr.closed_by, open: null }[state] ?? null;
  const may = openMayWrite(gitlab);
  const reviewers = await reviewersOf(given);
  const wanting = await thoseWhoMay(saying(reviewers, 'requested_changes'), may);
  const approving = [...saying(reviewers, 'approved'), ...(await approversOf(given))];
  const checks = await checksOf(gitlab, mr.sha);
  // What is put on record is read again by everybody: a server's answer is looked over first.
  const seen = PullRequestTold.parse({
    state,
    by: by === null ? null : byOf(by),
    head: mr.sha,
    checks: checks.counted,
    approvedBy: [...new Set((await thoseWhoMay(approving, may)).map(byOf))].slice(0, 20),
    conflictsWith: state === 'open' && mr.has_conflicts ? mr.target_branch : null,
    changesRequestedBy: wanting.map(byOf).slice(0, 20),
  });
  if (seen.state !== 'open') return { seen, request: null, conflict: null, failure: null };
  const isOver = seen.checks.pending === 0 && seen.checks.failed > 0;
  const failure = isOver && whyFailed ? await failureOf(gitlab, checks.failing) : null;
  // GitLab's API for commits makes none with two parents.
  return { seen, request: await requestOf(given, wanting, may), conflict: null, failure };
};

const byOf = ({ username }: User): string => `gitlab:${username}`.slice(0, 200);

type MayWrite = (user: User) => Promise<boolean>;

/** Each person is asked about once. */
const openMayWrite = (gitlab: GitLab): MayWrite => {
  const known = new Map<number, Promise<boolean>>();
  return async ({ id, username }) => {
    if (isBot(username)) return false;
    const asked = known.get(id) ?? mayWriteById(gitlab, id);
    known.set(id, asked);
    return asked;
  };
};

const thoseWhoMay = async (users: readonly User[], may: MayWrite): Promise<readonly User[]> => {
  const counted: User[] = [];
  for (const user of users) if (await may(user)) counted.push(user);
  return counted;
};

const Reviewers = z.array(z.object({ user: User, state: z.string() }));

type Reviewers = z.infer<typeof Reviewers>;

const reviewersOf = async ({ gitlab, number }: LookGiven): Promise<Reviewers> =>
  Reviewers.parse(await gitlab.mergeRequests.showReviewers(gitlab.project, number));

/** Those whose last word is this. */
const saying = (reviewers: Reviewers, wanted: string): readonly User[] =>
  reviewers.flatMap(({ user, state }) => (state === wanted ? [user] : []));

const Approvals = z.object({ approved_by: z.array(z.object({ user: User })).catch([]) });

/** Of those who are no reviewers as well, where this server tells of approvals: docs.gitlab.com has it for Premium and Ultimate. */
const approversOf = async ({ gitlab, number }: LookGiven): Promise<readonly User[]> => {
  try {
    const said = await gitlab.approvals.showConfiguration(gitlab.project, { mergerequestIId: number });
    return Approvals.parse(said).approved_by.map(({ user }) => user);
  } catch (error) {
    if (statusOf(error) === 403 || statusOf(error) === 404) return [];
    throw error;
  }
};

const Notes = z.array(
  z.object({
    id: z.int().positive(),
    body: z.string(),
    author: User,
    system: z.boolean(),
    position: z
      .object({ new_path: z.string().nullish(), old_path: z.string().nullish(), new_line: z.int().nullish() })
      .nullish(),
  }),
);
type Note = z.infer<typeof Notes>[number];

/** GitLab's own note of it, since version 17.0: what is said later is talk, and no other request. */
const isRequest = ({ system, body }: Note): boolean => system && /^requested changes\b/i.test(body.trim());

/** What a reviewer wants who requests changes, with all that people who may write have said since the last request that was heeded. */
const requestOf = async (
  given: LookGiven,
  reviewers: readonly User[],
  may: MayWrite,
): Promise<ChangeRequest | null> => {
  if (reviewers.length === 0) return null;
  const notes = await notesOf(given);
  const requests = reviewers.flatMap((reviewer) => {
    const own = notes.filter(({ author }) => author.id === reviewer.id);
    // An older GitLab writes no such note: there what they said last is it.
    const last = own.findLast(isRequest) ?? own.findLast((note) => isSaid(note));
    return last === undefined || last.id <= given.reviewed ? [] : [last];
  });
  const last = requests.toSorted((a, b) => a.id - b.id).at(-1);
  if (last === undefined) return null;
  const heeded: Note[] = [];
  for (const note of notes)
    if (isSaid(note) && note.id > given.reviewed && note.id <= last.id && (await may(note.author))) heeded.push(note);
  const comments = heeded.flatMap(remarkOf).slice(0, mostComments);
  const said = heeded
    .filter(({ position }) => position == null)
    .map(({ author, body }) => `${author.username}: ${textOf(body)}`);
  const reason =
    said.join('\n\n') ||
    (comments.length === 0 ? `${last.author.username} requests changes, and does not say which.` : '');
  return { review: last.id, by: byOf(last.author), reason, comments };
};

/** By a person, and not by a run. */
const isSaid = ({ system, body }: Note): boolean => !system && body.trim() !== '' && !isOfRun(body);

/** The last ones, oldest first: their numbers grow. */
const notesOf = async ({ gitlab, number }: LookGiven): Promise<readonly Note[]> => {
  const newest = { sort: 'desc', orderBy: 'created_at', perPage: page.per_page } as const;
  const all = await pages(async (at) => ({
    data: await gitlab.mergeRequestNotes.all(gitlab.project, number, { ...newest, page: at }),
  }));
  return Notes.parse(all).toSorted((a, b) => a.id - b.id);
};

const remarkOf = ({ position, body }: Note): readonly ReviewComment[] => {
  const path = position?.new_path ?? position?.old_path;
  if (path == null) return [];
  const line = position?.new_line ?? null;
  // Of what was there before the result has no line.
  return [{ path, line: line !== null && line > 0 ? line : null, text: textOf(body) }];
};
