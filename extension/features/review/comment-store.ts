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
    .map(({ path, line, texts }) => ({ path, line: line === null ? null : line + 1, text: texts.join('\n\n') }));
