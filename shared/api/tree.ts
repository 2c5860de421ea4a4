import { z } from 'zod';
import { GitObject, RunId } from '../ids.ts';

/** Bytes of the largest file that is read so: it is held and sent in one piece. */
export const mostFileBytes = 5_000_000;

/** From the root of the repository. Linux takes no longer one. */
const Path = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !path.includes('\0'), 'a path has no NUL');

export const TreeInput = z.strictObject({
  run: RunId,
  /** One that the run saved, such as that of a page before; null: the last. */
  tree: GitObject.nullable().default(null),
  /** Files behind this path, by the bytes of their paths. Null: from the first. */
  after: Path.nullable().default(null),
  limit: z.int().min(1).max(10_000).default(5_000),
});
export type TreeInput = z.infer<typeof TreeInput>;

export const TreeFileInput = z.strictObject({ run: RunId, tree: GitObject, path: Path });
export type TreeFileInput = z.infer<typeof TreeFileInput>;

/** Files of a tree that a run saved, by path. Submodules, and names that are no UTF-8, are left out. */
export const TreePage = z.object({
  tree: GitObject,
  files: z.array(z.string().min(1)),
  /** What to ask for the next page with, as `after`; null: this was the last. */
  next: z.string().min(1).nullable(),
});
export type TreePage = z.infer<typeof TreePage>;

/** A file, or of a symbolic link where it leads: nothing is followed. Its bytes are in base64. */
export const TreeFile = z.object({ mode: z.enum(['100644', '100755', '120000']), content: z.string() });
export type TreeFile = z.infer<typeof TreeFile>;
