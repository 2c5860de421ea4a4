import { z } from 'zod';
import { RunId } from '../ids.ts';
import { BlobHash } from '../run/artifacts.ts';
import { checkText, CheckReport } from '../review/check-report.ts';
import { CiRepairs, NewBranch, Replies } from '../run/effect.ts';
import { RemoteRef, RemoteUrl } from '../run/source.ts';
import { showsWhole } from '../text/clean.ts';

/** Null: what the runner proposes. */
export const PublicationInput = z.strictObject({
  run: RunId,
  remote: RemoteUrl.nullable().default(null),
  branch: NewBranch.nullable().default(null),
  into: RemoteRef.nullable().default(null),
});
export type PublicationInput = z.infer<typeof PublicationInput>;
export const Secrets = {
  /** What looks like a secret in all that, a line each, and is published all the same. */
  secrets: z.array(z.string().min(1).max(5_000)).max(200).default([]),
  /** Whatever looks like one is: whoever says so has seen all of it otherwise, such as in a text that they wrote. */
  anySecrets: z.boolean().default(false),
};

const hidden = 'it has control characters, which whoever looks at it would not see';
const Text = z.string().refine(showsWhole, hidden);
const Line = z
  .string()
  .trim()
  .refine((text) => showsWhole(text) && !/[\r\n]/.test(text), 'expected one line, without control characters');

export const PullRequestTitle = Line.min(1, 'expected a title').max(250, 'expected up to 250 characters');
/** Markdown. */
export const PullRequestBody = Text.max(65_000, 'expected up to 65,000 characters, which is what fits into one');

/** What is published: all of it was shown to whoever asks for it, and that and nothing else is done. */
export const PublishInput = z.strictObject({
  run: RunId,
  round: z.int().positive(),
  patch: BlobHash,
  remote: RemoteUrl,
  branch: NewBranch,
  /** Of the commit. */
  message: Text.trim().min(1).max(5_000),
  ...Secrets,
  /** Null: the branch alone. */
  pullRequest: z
    .strictObject({
      into: RemoteRef,
      title: PullRequestTitle,
      body: PullRequestBody,
      draft: z.boolean(),
      ciRepairs: CiRepairs.default(0),
      /** Markdown: what is said there of this round, where there was one before it. Null: nothing is. */
      comment: Text.trim().min(1).max(65_000).nullable().default(null),
      /** What is answered to remarks that this round was asked for with. */
      replies: Replies.refine((all) => all.every(({ text }) => showsWhole(text)), hidden).default([]),
      /** What Longhaul's own verification came to. Null: the commit gets no check. */
      check: CheckReport.refine((report) => showsWhole(checkText(JSON.stringify(report))), hidden)
        .nullable()
        .default(null),
    })
    .nullable(),
});
export type PublishInput = z.infer<typeof PublishInput>;
