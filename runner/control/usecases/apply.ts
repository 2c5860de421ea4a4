import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Applied, AppliedFile, ApplyInput, Principal } from '../../../shared/api/runner-api.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { missingIs } from '../../config/home.ts';
import { applyToWorktree } from '../repository/apply.ts';
import { acceptedPart, type AcceptedPart } from '../repository/apply-partial.ts';
import { applyAsBranch } from '../repository/branch.ts';
import { undoApply } from '../repository/undo.ts';
import { inTurn } from './in-turn.ts';
import { actor, asPerson, commandRun, mustBeLocal, refused, runOf, type ControlPlane } from './plane.ts';
import { changesOf, resultOf } from './diff.ts';

/**
 * Brings a result into the person's repository, or takes the last application back, and records it. One at a time for
 * each repository. Throws RefusedError where nothing was done; a file that was left alone is in the answer.
 */
export const apply = async (plane: ControlPlane, caller: Principal, input: ApplyInput): Promise<Applied> => {
  const person = asPerson(caller);
  const state = await runOf(plane, person, input.run);
  mustBeLocal(person, 'change files of a repository there');
  return inTurn(state.task.repository, async () => {
    const applied = await perform(plane, state, input.how);
    if (applied.dryRun) return applied;
    const touched = applied.files.filter(({ outcome }) => outcome === 'written' || outcome === 'merged');
    const conflicts = applied.files.filter(({ outcome }) => outcome === 'conflict' || outcome === 'refused');
    await commandRun(plane, person, {
      run: state.id,
      command: () => ({
        kind: 'applied',
        by: actor(person),
        how: applied.how,
        target: applied.target,
        files: touched.length,
        conflicts: conflicts.length,
      }),
    });
    return applied;
  });
};

const perform = (plane: ControlPlane, state: RunState, how: ApplyInput['how']): Promise<Applied> => {
  switch (how.kind) {
    case 'worktree':
      return toWorktree(plane, state, how);
    case 'branch':
    case 'new-worktree':
      return asBranch(plane, state, how);
    case 'undo':
      return undo(plane, state);
  }
};

type How<Kind extends ApplyInput['how']['kind']> = Extract<ApplyInput['how'], { kind: Kind }>;

/** What is to be applied: the result, or the part of it that the person accepted. Throws RefusedError if it is not what they saw. */
const partOf = async (
  plane: ControlPlane,
  state: RunState,
  { accepted, patch }: Pick<How<'worktree'>, 'accepted' | 'patch'>,
): Promise<Extract<AcceptedPart, { outcome: 'ok' }>> => {
  const result = resultOf(state);
  if (patch !== null && patch !== result.patch)
    throw refused(
      'stale',
      `Run ${state.id} has another result than the one that was reviewed.`,
      'Open the review again and look at what changed.',
    );
  const changes = await changesOf(plane, result);
  const read = (hash: string): Promise<Buffer> => plane.blobs.read(hash);
  if (accepted === null) return { outcome: 'ok', changes, read };
  const part = await acceptedPart({ changes, patch: await read(result.patch), read }, accepted);
  if (part.outcome === 'refused') throw refused('conflict', part.reason, part.remedy);
  return part;
};

const toWorktree = async (plane: ControlPlane, state: RunState, how: How<'worktree'>): Promise<Applied> => {
  const { changes, read } = await partOf(plane, state, how);
  const { dryRun } = how;
  const { repository } = state.task;
  const undo = join(undoFolder(plane, state.id), String(await nextNumber(plane, state.id)));
  await mkdir(undoFolder(plane, state.id), { recursive: true, mode: 0o700 });
  const done = await applyToWorktree({ repository, changes, read, undo, dryRun });
  if (done.outcome === 'refused') throw refused('conflict', done.reason, done.remedy);
  return { how: 'worktree', target: repository, dryRun, files: done.files.map(withReason) };
};

const withReason = ({
  path,
  outcome,
  reason,
}: {
  readonly path: string;
  readonly outcome: AppliedFile['outcome'];
  readonly reason: string | null;
}): AppliedFile => ({
  path,
  outcome,
  reason: reason ?? '',
});

const asBranch = async (
  plane: ControlPlane,
  state: RunState,
  how: How<'branch'> | How<'new-worktree'>,
): Promise<Applied> => {
  const { changes, read } = await partOf(plane, state, how);
  const { repository, source, title } = state.task;
  const done = await applyAsBranch({
    repository,
    gitDirectory: source.gitDirectory,
    source,
    changes,
    read,
    branch: how.branch,
    worktree: how.kind === 'new-worktree' ? how.path : null,
    message: `${title}\n\nLonghaul-Run: ${state.id}\n`,
  });
  if (done.outcome === 'refused') throw refused('conflict', done.reason, done.remedy);
  const files = changes.files.map(({ before, after }) => ({
    path: after?.path ?? before?.path ?? '',
    outcome: 'written' as const,
    reason: '',
  }));
  return { how: 'branch', target: done.branch, dryRun: false, files };
};

const undo = async (plane: ControlPlane, state: RunState): Promise<Applied> => {
  const { repository } = state.task;
  const last = (await applications(plane, state.id)).at(-1);
  if (last === undefined)
    throw refused('conflict', `Run ${state.id} was not applied.`, `Apply it first with: longhaul apply ${state.id}`);
  const folder = join(undoFolder(plane, state.id), String(last));
  const done = await undoApply({ repository, undo: folder });
  if (done.outcome === 'refused') throw refused('conflict', done.reason, done.remedy);
  if (done.files.every(({ outcome }) => outcome !== 'refused')) await rename(folder, `${folder}.undone`);
  return {
    how: 'undo',
    target: repository,
    dryRun: false,
    files: done.files.map(({ path, outcome, reason }) =>
      withReason({ path, outcome: outcome === 'restored' ? 'written' : outcome, reason }),
    ),
  };
};

const undoFolder = ({ home }: ControlPlane, run: string): string => join(home.run(run), 'undo');

/** One folder for each application, from 1; `.undone` is added when it was taken back. */
const folders = ({ home }: ControlPlane, run: string): Promise<string[]> =>
  readdir(join(home.run(run), 'undo')).catch(missingIs([]));

const nextNumber = async (plane: ControlPlane, run: string): Promise<number> =>
  Math.max(0, ...(await folders(plane, run)).map((name) => Number.parseInt(name, 10))) + 1;

/** Numbers of the applications to the working tree that were not taken back, oldest first. */
const applications = async (plane: ControlPlane, run: string): Promise<readonly number[]> =>
  (await folders(plane, run))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
