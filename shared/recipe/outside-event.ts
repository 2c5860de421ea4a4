import { z } from 'zod';
import { harmlessTitle } from '../text/harmless-title.ts';
import type { EventTrigger } from './trigger.ts';
import { wantedBy } from './trigger.ts';

/** Characters of what somebody wrote that are kept: what an issue says, and a comment, fits. */
export const longestOutsideText = 20_000;

/**
 * What happened outside, as a server that knows the secret tells it. All texts in it are anybody's: they are data, and grant nothing. Kept as it is
 * until its triggers have been looked at.
 */
export const OutsideEvent = z.strictObject({
  source: z.enum(['github', 'webhook']),
  /** What happened, as a trigger names it; or the name of the webhook. */
  kind: z.string().max(100),
  /** What a trigger may compare with: label, assignee, command, state of a review, branch. */
  value: z.string().max(300).nullable(),
  /** Where: the address of a repository on GitHub, without `.git`. Null: it says of none. */
  repository: z.string().max(2000).nullable(),
  /** Whose triggers it is for; null: those of every tenant. */
  tenant: z.string().max(100).nullable(),
  /** Who did it there; null: the server itself. */
  actor: z.strictObject({ login: z.string().max(200), isBot: z.boolean() }).nullable(),
  /** What it is about, such as `issue 12`. */
  subject: z.string().max(200),
  url: z.string().max(2000).nullable(),
  title: z.string().max(500),
  text: z.string().max(longestOutsideText),
  /** The branch that a run of it works on; null: the default branch, or that of the pull request. */
  branch: z.string().max(300).nullable(),
  /** The commit whose checks failed. */
  commit: z.string().max(64).nullable(),
  pullRequest: z.int().positive().nullable(),
  /** Of the issue that it is about, or that a comment is on; null: none. */
  issue: z.int().positive().nullable().default(null),
  /** Of the review of that pull request that it is, as GitHub counts them; null: it is none. */
  review: z.int().positive().nullable().default(null),
});
export type OutsideEvent = Readonly<z.infer<typeof OutsideEvent>>;

/** Whether a trigger waits for what happened. Where and whose it is, whoever asks has looked at. */
export const isWantedBy = (trigger: EventTrigger, { source, kind, value }: OutsideEvent): boolean => {
  const wanted = wantedBy(trigger);
  return (
    wanted.source === source &&
    wanted.kind === kind &&
    // GitHub's logins and labels are one whatever their case.
    (wanted.value === null || wanted.value.toLowerCase() === value?.toLowerCase())
  );
};

/** What it was, in a few words: `issue 12 by ada`. */
export const eventText = ({ subject, actor }: Pick<OutsideEvent, 'subject' | 'actor'>): string =>
  actor === null ? subject : `${subject} by ${actor.login}`;

/** As that of a goal. */
const longestTitle = 80;

/**
 * What a run of it is called. It becomes the subject of a commit and of a pull request, where words have effects: nothing in it is a mention, closes an
 * issue (GitHub knows #12, GH-12 and addresses), or has checks left out ([skip ci]).
 */
export const titleOfEvent = ({ subject, title }: Pick<OutsideEvent, 'subject' | 'title'>): string => {
  const told = title === '' ? subject : `${subject}: ${title}`;
  const plain = harmlessTitle(told);
  return plain.length <= longestTitle ? plain : `${plain.slice(0, longestTitle - 1).trimEnd()}…`;
};
