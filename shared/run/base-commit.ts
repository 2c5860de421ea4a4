import { z } from 'zod';
import { GitObject } from '../ids.ts';
import { Checkpoint } from './artifacts.ts';
import { RemoteRef, RemoteUrl } from './source.ts';

/** A commit of a branch that a pull request is to go into. */
export const BaseCommit = z.strictObject({ remote: RemoteUrl, branch: RemoteRef, commit: GitObject });
export type BaseCommit = z.infer<typeof BaseCommit>;

/** Files in conflict that are named. */
export const mostConflictsNamed = 200;

/** What came of a merge. `conflicts`: files in which both sides changed the same, the first of them; `conflicted`: how many there are. */
export const Merged = {
  checkpoint: Checkpoint,
  conflicts: z.array(z.string().min(1)).max(mostConflictsNamed),
  conflicted: z.int().nonnegative(),
};
