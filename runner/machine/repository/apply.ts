import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../../shared/trouble.ts';
import type { AppliedFile } from '../../../shared/api/runner-api.ts';
import type { ChangedFile, ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';
import { temporaryFolder } from '../home/temporary-folder.ts';
import { decide, type Decision, type OnDisk, type Version } from './apply-plan.ts';
import { hasConflict } from './conflict-markers.ts';
import { openConversion, type Conversion } from './conversion.ts';
import { pathRefusal } from './safe-path.ts';
import { outsideOfSparse } from './sparse.ts';
import { writeJournal, type Touched } from './undo.ts';
import { findRepository, refused, type Refusal, type UserRepository } from './user-repository.ts';
import { filesBelow, fingerprint, readState, writeState, type FileState, type Found } from './worktree-files.ts';

/** `undo` is a folder for the originals, one for each apply. `read` gives a blob by its name and throws if there is none. */
export interface ApplyRequest {
  /** A folder in the work tree of the person's repository. */
  readonly repository: string;
  readonly changes: ChangeSet;
  readonly read: (hash: string) => Promise<Buffer>;
  readonly undo: string;
  /** Only tell what would happen. */
  readonly dryRun?: boolean;
}

/**
 * Of a file: `already`: it is as the run made it. `merged`: it holds both changes. `conflict`: it holds both changes with ordinary
 * conflict markers, or was left as it is, as is what is `refused`. `reason` is a sentence for these two.
 *
 * `wrote`: something was changed on disk, and `undo` has the originals.
 */
export type Apply =
  | { readonly outcome: 'ok'; readonly files: readonly AppliedFile[]; readonly wrote: boolean }
  | Refusal;

/** A file of the change set, with what was found and what becomes of it. */
interface Planned {
  readonly result: AppliedFile;
  readonly touched: readonly Touched[];
}

/** A file whose new content is still to be brought into the form that it has on disk: all of them at once, since each time is three processes. */
interface Unconverted {
  readonly path: string;
  readonly content: Buffer;
  readonly finish: (onDisk: Buffer) => Planned;
}

interface Context {
  readonly repository: UserRepository;
  readonly conversion: Conversion;
  readonly request: ApplyRequest;
}

/** git's own test: a NUL in the first 8,000 bytes (buffer_is_binary in xdiff-interface.c). */
const isBinary = (content: Buffer): boolean => content.subarray(0, 8000).includes(0);

const pathOf = ({ before, after }: ChangedFile): string => after?.path ?? before?.path ?? '';
const pathsOf = ({ before, after }: ChangedFile): string[] => [
  ...new Set([before, after].flatMap((version) => (version === null ? [] : [version.path]))),
];

const unchanged = (path: string, outcome: AppliedFile['outcome'], reason = ''): Planned => ({
  result: { path, outcome, reason },
  touched: [],
});

/** Results that cannot stand beside each other: the same path twice, or a file below a file. */
const clashes = (files: readonly ChangedFile[]): ReadonlySet<string> => {
  const targets = files.flatMap(({ after }) => (after === null ? [] : [after.path]));
  const taken = new Set(targets);
  const twice = targets.filter((path, at) => targets.indexOf(path) !== at);
  const below = targets.filter((path) =>
    path.split('/').some((_, depth, names) => depth > 0 && taken.has(names.slice(0, depth).join('/'))),
  );
  return new Set([...twice, ...below]);
};

/** A place that only files of this change set occupy, and all of them go, is free. */
const freed = async (root: string, found: Found, removed: ReadonlySet<string>): Promise<Found> => {
  if (found.kind !== 'blocked') return found;
  if (removed.has(found.by)) return { kind: 'absent' };
  if (!found.folder) return found;
  const files = await filesBelow(root, found.by);
  return files.every((file) => removed.has(file)) ? { kind: 'absent' } : found;
};

const stored = (conversion: Conversion, mode: FileVersion['mode'], content: Buffer): Version => ({
  mode,
  id: conversion.idOf(content),
  binary: isBinary(content),
});

interface Ours {
  readonly onDisk: OnDisk;
  /** As the repository would store it. */
  readonly content: Buffer | null;
}

const readOurs = async (
  { conversion }: Context,
  found: Found,
  { path, known }: { path: string; known: readonly (Buffer | null)[] },
): Promise<Ours> => {
  if (found.kind === 'absent') return { onDisk: found, content: null };
  if (found.kind === 'blocked') return { onDisk: { kind: 'blocked', reason: found.reason }, content: null };
  if (found.kind === 'link') {
    return { onDisk: { kind: 'present', version: stored(conversion, '120000', found.target) }, content: found.target };
  }
  const mode = (found.permissions & 0o100) === 0 ? '100644' : '100755';
  const isKnown = known.some((content) => content?.equals(found.content));
  const [converted] = isKnown ? [found.content] : await conversion.toStored([{ path, content: found.content }]);
  const content = converted ?? found.content;
  return { onDisk: { kind: 'present', version: stored(conversion, mode, content) }, content };
};

const permissions = (mode: FileVersion['mode'], model: Found): number => {
  const base = model.kind === 'file' ? model.permissions : 0o666 & ~process.umask();
  // Whoever may read it may execute it, as git does it.
  return mode === '100755' ? base | ((base & 0o444) >> 2) : base & ~0o111;
};

interface Read {
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

const contentToPut = async (
  conversion: Conversion,
  decision: Extract<Decision, { kind: 'put' }>,
  versions: Read & { readonly ours: Buffer | null },
): Promise<{ content: Buffer; clean: boolean } | null> => {
  const { before, after, ours } = versions;
  if (decision.content === 'theirs') return after === null ? null : { content: after, clean: true };
  if (decision.content === 'ours') return ours === null ? null : { content: ours, clean: true };
  return before === null || ours === null || after === null ? null : conversion.merge({ before, ours, after });
};

const stillInConflict = 'It still has the conflict of an earlier application; resolve it or take it back with --undo.';

const planFile = async (
  context: Context,
  file: ChangedFile,
  removed: ReadonlySet<string>,
): Promise<Planned | Unconverted> => {
  const { repository, conversion, request } = context;
  const path = pathOf(file);
  const oldPath = file.before?.path ?? path;
  const contents: Read = {
    before: file.before === null ? null : await request.read(file.before.blob),
    after: file.after === null ? null : await request.read(file.after.blob),
  };
  const known = [contents.before, contents.after];
  const found = await freed(repository.root, await readState(repository.root, oldPath), removed);
  const foundTarget =
    oldPath === path ? found : await freed(repository.root, await readState(repository.root, path), removed);
  const ours = await readOurs(context, found, { path: oldPath, known });
  const target = oldPath === path ? null : await readOurs(context, foundTarget, { path, known });
  const version = (side: FileVersion | null, content: Buffer | null): Version | null =>
    side === null || content === null ? null : stored(conversion, side.mode, content);
  const decision = decide({
    before: version(file.before, contents.before),
    after: version(file.after, contents.after),
    ours: ours.onDisk,
    target: target?.onDisk ?? null,
  });
  if (decision.kind === 'already') return unchanged(path, 'already');
  if (hasConflict((target ?? ours).content, contents.before) || hasConflict(ours.content, contents.before))
    return unchanged(path, 'refused', stillInConflict);
  if (decision.kind === 'conflict') return unchanged(path, 'conflict', decision.reason);
  if (found.kind === 'blocked' || foundTarget.kind === 'blocked') throw new Error(`decided to write over ${path}`);
  const removal: Touched = { path: oldPath, before: found, after: { kind: 'absent' } };
  if (decision.kind === 'remove') return { ...unchanged(path, 'removed'), touched: [removal] };

  const put = await contentToPut(conversion, decision, { ...contents, ours: ours.content });
  if (put === null) return unchanged(path, 'conflict', 'It was changed here and by the run, and cannot be merged.');
  const planned = (after: FileState): Planned => {
    const touched: readonly Touched[] = [
      { path, before: foundTarget, after },
      ...(oldPath === path ? [] : [removal]),
    ].filter((one) => fingerprint(one.before) !== fingerprint(one.after));
    // A merge that comes to what is here writes nothing: there would be nothing to take back.
    if (touched.length === 0) return unchanged(path, 'already');
    const outcome = decision.content === 'merged' ? 'merged' : 'written';
    return {
      ...(put.clean
        ? unchanged(path, outcome)
        : unchanged(path, 'conflict', 'Both sides changed the same lines; they are marked in the file.')),
      touched,
    };
  };
  const { content } = put;
  if (decision.mode === '120000') return planned({ kind: 'link', target: content });
  const mode = permissions(decision.mode, found);
  // A file that keeps its content keeps its bytes, whatever line endings git would give it.
  if (decision.content === 'ours' && found.kind === 'file')
    return planned({ kind: 'file', content: found.content, permissions: mode });
  return {
    path,
    content,
    finish: (onDisk) => planned({ kind: 'file', content: onDisk, permissions: mode }),
  };
};

/** Files that may not be touched at all, and why. */
const refusals = async ({ repository, conversion, request }: Context): Promise<ReadonlyMap<string, string>> => {
  const { files } = request.changes;
  const unsafe = new Map<string, string>();
  for (const file of files) {
    const reason = pathsOf(file).flatMap((path) => pathRefusal(path) ?? [])[0];
    if (reason !== undefined) unsafe.set(pathOf(file), reason);
  }
  for (const path of clashes(files)) unsafe.set(path, 'The changes hold two results for this place.');
  const safe = files.filter((file) => !unsafe.has(pathOf(file)));
  const refuse = (paths: ReadonlySet<string>, reason: string): void => {
    for (const file of safe) if (pathsOf(file).some((path) => paths.has(path))) unsafe.set(pathOf(file), reason);
  };
  refuse(
    await conversion.filtered(safe.flatMap(pathsOf)),
    'A filter program of your git (such as LFS) handles it; apply the result as a branch instead.',
  );
  refuse(
    await outsideOfSparse(repository, safe.flatMap(pathsOf)),
    'It is outside of your sparse checkout; apply the result as a branch, or run "git sparse-checkout add" for its folder first.',
  );
  return unsafe;
};

const plan = async (context: Context): Promise<Planned[]> => {
  const { files } = context.request.changes;
  const unsafe = await refusals(context);
  const planned = new Map<ChangedFile, Planned | Unconverted>();
  const removed = new Set<string>();
  // Deletions first, so that what they make room for is known to be free.
  const order = files.toSorted((a, b) => Number(a.after !== null) - Number(b.after !== null));
  for (const file of order) {
    const reason = unsafe.get(pathOf(file));
    const one =
      reason === undefined ? await planFile(context, file, removed) : unchanged(pathOf(file), 'refused', reason);
    planned.set(file, one);
    if (file.after === null && 'touched' in one) for (const { path } of one.touched) removed.add(path);
  }
  const open = [...planned.values()].filter((one) => 'finish' in one);
  const contents = await context.conversion.toDisk(open);
  const finished = new Map(open.map((one, index) => [one, one.finish(contents[index] ?? one.content)]));
  return files.flatMap((file) => {
    const one = planned.get(file);
    if (one === undefined) return [];
    return 'finish' in one ? (finished.get(one) ?? []) : one;
  });
};

interface Performed {
  readonly result: AppliedFile;
  /** It was begun to be written, whatever came of it. */
  readonly wrote: boolean;
}

/** Does one file, after another look: what changed since the plan is left alone. */
const perform = async (root: string, { result, touched }: Planned): Promise<Performed> => {
  let wrote = false;
  const refusedFor = (reason: string): Performed => ({ result: { ...result, outcome: 'refused', reason }, wrote });
  try {
    for (const { path: place, before } of touched) {
      const now = await readState(root, place);
      const emptied =
        before.kind === 'absent' &&
        now.kind === 'blocked' &&
        (await filesBelow(root, place).catch(() => [''])).length === 0;
      if (fingerprint(now) !== fingerprint(before) && !emptied)
        return refusedFor('It changed while the result was applied.');
    }
    for (const { path: place, after } of touched) {
      wrote = true;
      await writeState(root, place, after);
    }
    return { result, wrote };
  } catch (error) {
    return refusedFor(`It cannot be written: ${errorMessage(error)}`);
  }
};

/**
 * Brings a reviewed result into the person's working tree, three-way and file by file. Only the files of the change set are
 * touched, each in one step, below the root and through no link; index, HEAD and refs are not. What was changed here since the run
 * began is merged or left alone, never replaced. Originals and a journal are in `undo` before the first write; without one
 * there is no such folder afterwards.
 *
 * The outcome is told for each file, in the order of the change set. Throws if `read` does, or on broken I/O outside the tree.
 */
export const applyToWorktree = async (request: ApplyRequest): Promise<Apply> => {
  const repository = await findRepository(request.repository);
  if ('outcome' in repository) return repository;
  if (request.dryRun !== true && existsSync(join(request.undo, 'journal.json'))) {
    return refused(
      'The result was applied already, and its undo journal is kept.',
      'Undo it first, or name another undo folder.',
    );
  }
  await using scratch = await temporaryFolder('longhaul-apply-');
  const conversion = await openConversion(repository, scratch.path);
  const planned = await plan({ repository, conversion, request });
  const touched = planned.flatMap((one) => one.touched);
  if (request.dryRun === true || touched.length === 0)
    return { outcome: 'ok', files: planned.map(({ result }) => result), wrote: false };
  await writeJournal(request.undo, repository.root, touched);
  const removals = planned.filter((one) => one.touched.every(({ after }) => after.kind === 'absent'));
  const done = new Map<Planned, Performed>();
  for (const one of [...removals, ...planned.filter((other) => !removals.includes(other))]) {
    done.set(one, await perform(repository.root, one));
  }
  const wrote = [...done.values()].some((one) => one.wrote);
  if (!wrote) await rm(request.undo, { recursive: true });
  return { outcome: 'ok', files: planned.flatMap((one) => done.get(one)?.result ?? []), wrote };
};
