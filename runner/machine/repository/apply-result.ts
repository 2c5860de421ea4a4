import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Applied, ApplyInput } from '../../../shared/api/runner-api.ts';
import type { TaskPolicy } from '../../../shared/policy/policy.ts';
import type { ChangeSet } from '../../../shared/run/artifacts.ts';
import type { Source } from '../../../shared/run/source.ts';
import { isDone } from '../../../shared/api/written.ts';
import { shownPath } from '../../../shared/text/clean.ts';
import { missingIs } from '../home/home.ts';
import { applyToWorktree } from './apply.ts';
import { acceptedPart, type AcceptedPart } from './apply-partial.ts';
import { applyAsBranch } from './branch.ts';
import { marksOf } from './marks.ts';
import { undoApply } from './undo.ts';
import { refused, type Refusal } from './user-repository.ts';

/** The result of a run, and the repository of a person that it is to be brought into. */
export interface ApplyResult {
  readonly run: string;
  readonly title: string;
  /** Of the run: what it protects is marked. */
  readonly policy: TaskPolicy;
  /** A folder in the work tree of the repository, absolute. */
  readonly repository: string;
  readonly source: Pick<Source, 'commit' | 'head' | 'dirty'>;
  /** Holds the originals of this run's applications; made if it is not there. */
  readonly undoFolder: string;
  /** Null: there is no result yet, and nothing but taking back can be done. */
  readonly changes: ChangeSet | null;
  /** Gives a blob by its name and throws if there is none. */
  readonly read: (hash: string) => Promise<Buffer>;
  /** A git directory with the objects of the source's commit, for a branch; null: the repository itself has them, or nobody. */
  readonly openSource: () => Promise<(AsyncDisposable & { readonly gitDirectory: string }) | null>;
}

/** `onRecord`: it belongs on the record of the run, which a dry run does not, nor an application that wrote nothing. */
export type Application = { readonly outcome: 'ok'; readonly applied: Applied; readonly onRecord: boolean } | Refusal;

type How<Kind extends ApplyInput['how']['kind']> = Extract<ApplyInput['how'], { kind: Kind }>;

/**
 * Brings a result into a person's repository, or takes the last application back. A refusal: nothing was done; a file that was
 * left alone is in the answer. One at a time for each repository. Throws what `read` does, and on broken I/O.
 */
export const applyResult = (result: ApplyResult, how: ApplyInput['how']): Promise<Application> => {
  switch (how.kind) {
    case 'worktree':
      return toWorktree(result, how);
    case 'branch':
    case 'new-worktree':
      return asBranch(result, how);
    case 'undo':
      return undo(result);
  }
};

/** How many files an application changed, and how many it left for a person: what goes on record. */
export const countsOf = ({ files }: Applied): { readonly files: number; readonly conflicts: number } => ({
  files: files.filter(isDone).length,
  conflicts: files.filter(({ outcome }) => outcome === 'conflict' || outcome === 'refused').length,
});

/** What is to be applied: the result, or the part of it that the person accepted. */
const partOf = async (
  { run, changes, read }: ApplyResult,
  { accepted, patch }: Pick<How<'worktree'>, 'accepted' | 'patch'>,
): Promise<AcceptedPart> => {
  if (changes === null) return refused(`Run ${run} has no result yet.`, `Wait for it with: longhaul watch ${run}`);
  if (patch !== null && patch !== changes.patch)
    return refused(
      `Run ${run} has another result than the one that was reviewed.`,
      'Open the review again and look at what changed.',
    );
  if (accepted === null) return { outcome: 'ok', changes, read };
  return acceptedPart({ changes, patch: await read(changes.patch), read }, accepted);
};

/** Names are kept as text: of one that is no UTF-8 nobody knows the bytes any more, but for the patch, which has them. */
const isNameless = ({ before, after }: ChangeSet['files'][number]): boolean =>
  [before, after].some((version) => version?.path.includes('\uFFFD') === true);

const nameOf = ({ before, after }: ChangeSet['files'][number]): string => after?.path ?? before?.path ?? '';

const asPatch = (run: string): string => `The patch itself has it: longhaul diff ${run} | git apply`;

const toWorktree = async (result: ApplyResult, how: How<'worktree'>): Promise<Application> => {
  const part = await partOf(result, how);
  if (part.outcome === 'refused') return part;
  const { dryRun } = how;
  const { repository, undoFolder } = result;
  await mkdir(undoFolder, { recursive: true, mode: 0o700 });
  const folder = join(undoFolder, String(await nextNumber(undoFolder)));
  const nameless = part.changes.files.filter(isNameless).map((file) => ({
    path: nameOf(file),
    outcome: 'refused' as const,
    reason: `Its name is no UTF-8. ${asPatch(result.run)}`,
  }));
  const changes = { ...part.changes, files: part.changes.files.filter((file) => !isNameless(file)) };
  const done = await applyToWorktree({ repository, changes, read: part.read, undo: folder, dryRun });
  if (done.outcome === 'refused') return done;
  const cautions = await marksOf(changes, result.policy, part.read);
  return ok({ how: 'worktree', target: repository, dryRun, files: [...done.files, ...nameless], cautions }, done.wrote);
};

const asBranch = async (result: ApplyResult, how: How<'branch'> | How<'new-worktree'>): Promise<Application> => {
  const part = await partOf(result, how);
  if (part.outcome === 'refused') return part;
  const { repository, source, title, run } = result;
  const nameless = part.changes.files.find(isNameless);
  if (nameless !== undefined)
    return refused(
      `The name of ${shownPath(nameOf(nameless))} is no UTF-8, and a branch would have another file.`,
      asPatch(run),
    );
  await using opened = await result.openSource();
  const done = await applyAsBranch({
    repository,
    gitDirectory: opened?.gitDirectory ?? null,
    source,
    changes: part.changes,
    read: part.read,
    branch: how.branch,
    worktree: how.kind === 'new-worktree' ? how.path : null,
    own: how.own,
    message: `${title}\n\nLonghaul-Run: ${run}\n`,
  });
  if (done.outcome === 'refused') return done;
  const files = part.changes.files.map(({ before, after }) => ({
    path: after?.path ?? before?.path ?? '',
    outcome: after === null ? ('removed' as const) : ('written' as const),
    reason: '',
  }));
  const cautions = await marksOf(part.changes, result.policy, part.read);
  return ok({ how: 'branch', target: done.branch, dryRun: false, files, cautions });
};

/** Takes back the last application that wrote something; earlier versions kept a journal, an empty one, of the others too. */
const undo = async ({ run, repository, undoFolder }: ApplyResult): Promise<Application> => {
  for (const number of (await applications(undoFolder)).toReversed()) {
    const folder = join(undoFolder, String(number));
    const done = await undoApply({ repository, undo: folder });
    if (done.outcome === 'refused') return done;
    if (done.files.every(({ outcome }) => outcome !== 'refused')) await rename(folder, `${folder}.undone`);
    if (done.files.length === 0) continue;
    return ok({ how: 'undo', target: repository, dryRun: false, files: [...done.files], cautions: [] });
  }
  return refused(`Run ${run} was not applied here.`, `Apply it first with: longhaul apply ${run}`);
};

const ok = (applied: Applied, onRecord = true): Application => ({ outcome: 'ok', applied, onRecord });

/** One folder for each application, from 1; `.undone` is added when it was taken back. */
const folders = (undoFolder: string): Promise<string[]> => readdir(undoFolder).catch(missingIs([]));

const nextNumber = async (undoFolder: string): Promise<number> =>
  Math.max(0, ...(await folders(undoFolder)).map((name) => Number.parseInt(name, 10))) + 1;

/** Numbers of the applications to the working tree that were not taken back, oldest first. */
const applications = async (undoFolder: string): Promise<readonly number[]> =>
  (await folders(undoFolder))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
