import { z } from 'zod';
import { GitObject } from '../ids.ts';

/** Hex SHA-256 of a blob's content: its name. */
export const BlobHash = z.string().regex(/^[0-9a-f]{64}$/, 'expected the 64 hex digits of a SHA-256');
export type BlobHash = z.infer<typeof BlobHash>;

/** A saved state of the workspace: a commit in the run's checkpoint repository, and its tree. */
export const Checkpoint = z.strictObject({ commit: GitObject, tree: GitObject });
export type Checkpoint = z.infer<typeof Checkpoint>;

/** One side of a changed file. `mode` is git's: 100644, 100755 (executable), 120000 (symbolic link; the content is its target). */
export const FileVersion = z.strictObject({
  path: z.string().min(1),
  mode: z.enum(['100644', '100755', '120000']),
  blob: BlobHash,
  bytes: z.int().nonnegative(),
});
export type FileVersion = z.infer<typeof FileVersion>;

/** A file that differs between base and result. Added: no `before`. Deleted: no `after`. Renamed: their paths differ. */
export const ChangedFile = z.strictObject({
  status: z.enum(['added', 'modified', 'deleted', 'renamed']),
  before: FileVersion.nullable(),
  after: FileVersion.nullable(),
  binary: z.boolean(),
  additions: z.int().nonnegative(),
  deletions: z.int().nonnegative(),
});
export type ChangedFile = z.infer<typeof ChangedFile>;

/** What a person reviews of one round. `patch` is a blob with a git patch. */
export const ChangeSet = z.strictObject({
  base: Checkpoint,
  head: Checkpoint,
  patch: BlobHash,
  files: z.array(ChangedFile),
});
export type ChangeSet = z.infer<typeof ChangeSet>;
