import type { FileVersion } from '../../../shared/run/artifacts.ts';

/** One version of a file. `id` is the git blob id of its content as the repository stores it. */
export interface Version {
  readonly mode: FileVersion['mode'];
  readonly id: string;
  readonly binary: boolean;
}

/** What is at a path on disk. `blocked`: something that is neither a file nor a link is there, or on the way. */
export type OnDisk =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly version: Version }
  | { readonly kind: 'blocked'; readonly reason: string };

/** A change of one file. If the paths of both sides differ, `ours` is at the old path and `target` at the new one. */
export interface FileChange {
  readonly before: Version | null;
  readonly after: Version | null;
  readonly ours: OnDisk;
  readonly target: OnDisk | null;
}

/** `put`: which content to write at the new path (then the old one goes). `remove`: delete the file at the old path. */
export type Decision =
  | { readonly kind: 'already' }
  | { readonly kind: 'put'; readonly content: 'theirs' | 'ours' | 'merged'; readonly mode: Version['mode'] }
  | { readonly kind: 'remove' }
  | { readonly kind: 'conflict'; readonly reason: string };

const link = '120000';

const same = (one: Version, other: Version): boolean => one.id === other.id && one.mode === other.mode;
const conflict = (reason: string): Decision => ({ kind: 'conflict', reason });
const already: Decision = { kind: 'already' };

const decideAdded = (ours: OnDisk, after: Version): Decision => {
  if (ours.kind === 'blocked') return conflict(ours.reason);
  if (ours.kind === 'absent') return { kind: 'put', content: 'theirs', mode: after.mode };
  return same(ours.version, after) ? already : conflict('Another file is already there.');
};

const decideDeleted = (before: Version, ours: OnDisk): Decision => {
  if (ours.kind === 'blocked') return conflict(ours.reason);
  if (ours.kind === 'absent') return already;
  return same(ours.version, before) ? { kind: 'remove' } : conflict('The run deleted it, but it was changed here.');
};

const decideContent = (before: Version, ours: Version, after: Version): Decision => {
  if (same(ours, after)) return already;
  if (same(ours, before)) return { kind: 'put', content: 'theirs', mode: after.mode };
  if ([before, ours, after].some(({ mode }) => mode === link)) {
    return conflict('It was changed here and by the run, and one of the versions is a symbolic link.');
  }
  const mode = after.mode === before.mode ? ours.mode : after.mode;
  if (ours.id === before.id) return { kind: 'put', content: 'theirs', mode };
  if (after.id === before.id || ours.id === after.id)
    return mode === ours.mode ? already : { kind: 'put', content: 'ours', mode };
  if ([before, ours, after].some(({ binary }) => binary)) {
    return conflict('It was changed here and by the run, and its content is binary.');
  }
  return { kind: 'put', content: 'merged', mode };
};

const decideModified = (before: Version, ours: OnDisk, after: Version): Decision => {
  if (ours.kind === 'blocked') return conflict(ours.reason);
  if (ours.kind === 'absent') return conflict('The run changed it, but it was deleted here.');
  return decideContent(before, ours.version, after);
};

const decideRenamed = (change: { before: Version; ours: OnDisk; target: OnDisk; after: Version }): Decision => {
  const { before, ours, target, after } = change;
  if (target.kind === 'blocked') return conflict(target.reason);
  if (target.kind === 'present') {
    return same(target.version, after)
      ? decideDeleted(before, ours)
      : conflict('Another file is already at its new path.');
  }
  if (ours.kind === 'absent') return conflict('The run renamed it, but it was deleted here.');
  if (ours.kind === 'blocked') return conflict(ours.reason);
  const decision = decideContent(before, ours.version, after);
  return decision.kind === 'already' ? { kind: 'put', content: 'ours', mode: ours.version.mode } : decision;
};

/**
 * Decides one file, three-way: what the run started from (`before`), what is here now (`ours`), what the run made (`after`).
 * Nothing that was changed here is ever replaced, except by a merge that contains it.
 */
export const decide = ({ before, after, ours, target }: FileChange): Decision => {
  if (before === null) return after === null ? already : decideAdded(ours, after);
  if (after === null) return decideDeleted(before, ours);
  return target === null ? decideModified(before, ours, after) : decideRenamed({ before, ours, target, after });
};
