import type { MarkedFile } from '../review/caution.ts';
import type { CommandCoverage } from '../review/coverage.ts';
import type { GivenOutput } from '../run/output.ts';
import type { ChangeSet } from '../run/artifacts.ts';

/** What a person reviews of a round, or of what was changed so far. */
export interface Review {
  readonly run: string;
  readonly round: number;
  readonly changes: ChangeSet;
  /** Files of it that a person should not overlook, with why. */
  readonly cautions: readonly MarkedFile[];
  /** What each verification command was seen to run of it; empty where that is known of none. A runner from before does not say. */
  readonly coverage?: readonly CommandCoverage[];
  /** The result where it is no diff, with its texts; null: it is one. A runner from before does not say. */
  readonly output?: GivenOutput | null;
  /** A git patch as text; null where it is over 10 MB: read it as a blob. */
  readonly patch: string | null;
}
