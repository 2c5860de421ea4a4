import { z } from 'zod';
import type { ReviewComment } from '../../../shared/run/events.ts';

/** A comment thread as it is kept: where it is, what it says, and the round that it was sent with. */
const StoredThread = z.strictObject({
  /** The address of the review document. */
  uri: z.string(),
  path: z.string().min(1),
  /** From 0; null: the whole file. */
  line: z.int().nonnegative().nullable(),
  texts: z.array(z.string().min(1)).min(1),
  /** What stood there before, of a line that is not in the result; null: it is in it. Not kept by an earlier version. */
  before: z.string().nullable().default(null),
  /** False: it was resolved or sent, and is not part of the next request. */
  open: z.boolean(),
});
export type StoredThread = z.infer<typeof StoredThread>;
export const StoredThreads = z.array(StoredThread);

/** The open comments, as they go to the agent: in the order of files and lines. */
export const openComments = (threads: readonly StoredThread[]): ReviewComment[] =>
  threads
    .filter(({ open }) => open)
    .toSorted((a, b) => (a.path === b.path ? (a.line ?? -1) - (b.line ?? -1) : a.path < b.path ? -1 : 1))
    .map(commentOf);

/** Of a line that the result does not have its number there would be another line's: it is quoted. */
const commentOf = ({ path, line, texts, before }: StoredThread): ReviewComment => {
  const text = texts.join('\n\n');
  if (line === null || before === null) return { path, line: line === null ? null : line + 1, text };
  return { path, line: null, text: `On line ${line + 1} as it was before, \`${before.trim()}\`:\n${text}` };
};
