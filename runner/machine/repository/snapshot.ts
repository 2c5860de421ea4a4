import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { LocalSource } from '../../../shared/run/source.ts';
import { git, gitOrThrow, initBare, line, pathBytes, splitNul, type GitOptions } from '../git/git.ts';
import { copyIndex } from '../git/index-file.ts';
import { longhaul } from '../git/longhaul.ts';
import { scan } from '../git/scan.ts';
import { leaveOut } from './leave-out.ts';
import {
  findRepository,
  folderInRepository,
  refused,
  userOptions,
  type Refusal,
  type UserRepository,
} from './user-repository.ts';

/** What to snapshot: `worktree` is the tree as it is on disk, `head` the last commit, else a commit, tag or branch by name. */
export interface SnapshotRequest {
  /** A folder in the work tree of the person's repository. */
  readonly path: string;
  /** Absolute path of the repository to make for the run. What an earlier attempt left there is replaced. */
  readonly gitDirectory: string;
  readonly base: 'worktree' | 'head' | (string & {});
  /** Of the tree as it is: changed files and folders that do not go along, from the root of the repository. Left out: none. */
  readonly without?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `files` counts the files of the snapshot. `notes` are sentences about what did not come along; the source has them too. */
export type Snapshot =
  | { readonly outcome: 'ok'; readonly source: LocalSource; readonly files: number; readonly notes: readonly string[] }
  | Refusal;

const hexZero: Record<UserRepository['format'], string> = { sha1: '0'.repeat(40), sha256: '0'.repeat(64) };

interface Base {
  readonly commit: string;
  readonly head: string | null;
  readonly branch: string | null;
  readonly notes: readonly string[];
}

/** The commit that a name means, or null. The name can be anything a client sent, so it is never taken for an option. */
const commitOf = async (repository: UserRepository, name: string): Promise<string | null> => {
  const result = await git(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    userOptions(repository),
  );
  return result.ok ? line(result.output) : null;
};

const branchOf = async (repository: UserRepository, name: string): Promise<string | null> => {
  const args =
    name === 'HEAD'
      ? ['symbolic-ref', '--quiet', 'HEAD']
      : ['rev-parse', '--verify', '--symbolic-full-name', '--end-of-options', name];
  const result = await git(args, userOptions(repository));
  const ref = result.ok ? line(result.output) : '';
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null;
};

/** As a sentence can hold it, whatever somebody called a file. */
const nameOf = (path: string): string => {
  const name = pathBytes(path).toString();
  return cleanName(name.length > 200 ? `${name.slice(0, 200)}…` : name);
};

const cleanName = (name: string): string => (/\p{Cc}|\p{Zl}|\p{Zp}/u.test(name) ? JSON.stringify(name) : name);

const names = (paths: readonly string[]): string => {
  const shown = paths.slice(0, 5).map(nameOf);
  return paths.length > shown.length ? `${shown.join(', ')} and ${paths.length - shown.length} more` : shown.join(', ');
};

const describeNested = (nested: readonly string[]): readonly string[] => {
  if (nested.length === 0) return [];
  return nested.length === 1
    ? [`${names(nested)} is a git repository of its own and stays behind.`]
    : [`${names(nested)} are git repositories of their own and stay behind.`];
};

const describeLeft = (left: readonly string[]): readonly string[] =>
  left.length === 0 ? [] : [`Left out at delegation, so as in the last commit: ${names(left)}.`];

/** Saves the tree on disk as a commit whose new objects go to `scratch`; the person's repository is only read. */
const commitWorktree = async (
  repository: UserRepository,
  {
    scratch,
    temporaryIndex,
    without = [],
    signal,
  }: { readonly scratch: string; readonly temporaryIndex: string } & Pick<SnapshotRequest, 'without' | 'signal'>,
): Promise<Base | Refusal> => {
  const [head, branch] = await Promise.all([commitOf(repository, 'HEAD'), branchOf(repository, 'HEAD')]);
  await copyIndex(repository.index, temporaryIndex);
  const options = {
    ...userOptions(repository),
    index: temporaryIndex,
    objects: scratch,
    alternates: [repository.objects],
    identity: longhaul,
    signal,
  };
  const unmerged = splitNul(await gitOrThrow(['diff-files', '-z', '--name-only', '--diff-filter=U'], options));
  if (unmerged.length > 0) {
    return refused(
      `A merge is not finished: ${names([...new Set(unmerged)])}.`,
      'Resolve the conflicts and "git add" the files, or delegate from the last commit instead of the working tree.',
    );
  }
  const scanned = await scan(options, 'left');
  if (!scanned.ok || scanned.scan.errors !== '') {
    const errors = scanned.ok ? scanned.scan.errors : scanned.errors;
    return refused(
      `git cannot read the whole working tree: ${errors.split('\n')[0] ?? ''}`,
      'Make the file readable, ignore it, or delegate from the last commit.',
    );
  }
  const left = await leaveOut(options, { without, head, root: repository.root });
  if ('outcome' in left) return left;
  const tree = line(await gitOrThrow(['write-tree'], options));
  const notes = [...describeNested(scanned.scan.nested), ...describeLeft(left)];
  const headTree = head === null ? null : line(await gitOrThrow(['rev-parse', `${head}^{tree}`], options));
  if (head !== null && tree === headTree) return { commit: head, head, branch, notes };
  const parent = head === null ? [] : ['-p', head];
  const commit = line(
    await gitOrThrow(['commit-tree', tree, ...parent, '-F', '-'], { ...options, input: 'Working tree as delegated\n' }),
  );
  return { commit, head, branch, notes };
};

const namedCommit = async (repository: UserRepository, base: string): Promise<Base | Refusal> => {
  const name = base === 'head' ? 'HEAD' : base;
  const commit = await commitOf(repository, name);
  if (commit !== null) return { commit, head: commit, branch: await branchOf(repository, name), notes: [] };
  return base === 'head'
    ? refused('The repository has no commit yet.', 'Commit once, or delegate the working tree.')
    : refused(
        `There is no commit "${base}" in ${repository.root}.`,
        'Name a branch, a tag or a commit that "git rev-parse" knows, after fetching it if need be.',
      );
};

/** The ignore rules that are not in the tree: the person's own and those of this clone. The worker needs them to ignore the same files. */
const privateIgnoreRules = async (repository: UserRepository): Promise<Buffer> => {
  const configured = await git(['config', '--type=path', '--get', 'core.excludesFile'], userOptions(repository));
  const home = process.env['HOME'] ?? homedir();
  const usual = join(process.env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'git', 'ignore');
  const personal = configured.ok ? resolve(repository.root, line(configured.output)) : usual;
  const read = (file: string): Promise<Buffer> => readFile(file).catch(() => Buffer.alloc(0));
  return Buffer.concat([await read(personal), Buffer.from('\n'), await read(repository.exclude)]);
};

const describeSubmodules = (tree: readonly string[]): string[] => {
  const modules = tree
    .filter((entry) => entry.startsWith('160000 '))
    .map((entry) => entry.slice(entry.indexOf('\t') + 1));
  return modules.length === 0
    ? []
    : [`Submodules do not come along, the worker does not see their files: ${names(modules)}.`];
};

/** What else a person and an agent should know of the copy before they rely on it. */
const describeCopy = async (
  repository: UserRepository,
  { folder, tree }: { readonly folder: string; readonly tree: readonly string[] },
): Promise<string[]> => {
  const ask = async (...args: string[]): Promise<Buffer> => {
    const result = await git(args, userOptions(repository));
    return result.ok ? result.output : Buffer.alloc(0);
  };
  const sparse = line(await ask('config', '--type=bool', '--get', 'core.sparseCheckout')) === 'true';
  const stored = splitNul(await ask('ls-files', '-z', '--full-name', '--', ':(top,attr:filter=lfs)'));
  const odd = tree
    .map((entry) => entry.slice(entry.indexOf('\t') + 1))
    .filter((name) => !Buffer.from(pathBytes(name).toString()).equals(pathBytes(name)));
  return [
    ...(folder === ''
      ? []
      : [`Delegated from the folder ${cleanName(folder)}; the agent begins at the root of the repository.`]),
    ...(sparse
      ? [
          'This is a sparse checkout: the copy has the files outside of it too. What a run changes there is not applied to the working tree, but as a branch, or after "git sparse-checkout add".',
        ]
      : []),
    ...(stored.length === 0
      ? []
      : [`The contents of Git LFS do not come along, the worker sees their pointer files: ${names(stored)}.`]),
    ...(odd.length === 0 ? [] : [`Names that are no UTF-8 can be used by commands alone: ${names(odd)}.`]),
  ];
};

/** Moves the commit and all it needs into the run's repository, as one pack. Its parents stay behind: it is marked shallow. */
const pack = async (commit: string, own: GitOptions & { gitDirectory: string }): Promise<boolean> => {
  const packed = await git(
    ['pack-objects', '-q', '--revs', '--window=0', join(own.gitDirectory, 'objects', 'pack', 'pack')],
    { ...own, input: `--shallow ${commit}\n${commit}\n` },
  );
  return packed.ok;
};

const fill = async (repository: UserRepository, folder: string, request: SnapshotRequest): Promise<Snapshot> => {
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  const base =
    request.base === 'worktree'
      ? await commitWorktree(repository, { ...request, scratch, temporaryIndex: join(folder, 'index') })
      : (request.without ?? []).length > 0
        ? refused(
            'A commit has nothing to leave out.',
            'Leave files out of the working tree, or take the commit as it is.',
          )
        : await namedCommit(repository, request.base);
  if ('outcome' in base) return base;
  const own = { gitDirectory: folder, signal: request.signal };
  if (!(await pack(base.commit, { ...own, alternates: [scratch, repository.objects] }))) {
    return refused(
      'Objects of this commit are missing from the repository; it may be a partial clone.',
      'Fetch them with "git fetch --refetch", or repair the repository with "git fsck".',
    );
  }
  await writeFile(join(folder, 'shallow'), `${base.commit}\n`);
  await mkdir(join(folder, 'info'), { recursive: true });
  await writeFile(join(folder, 'info', 'exclude'), await privateIgnoreRules(repository));
  await Promise.all([rm(scratch, { recursive: true }), rm(join(folder, 'index'), { force: true })]);
  await gitOrThrow(['update-ref', 'refs/longhaul/base', base.commit, hexZero[repository.format]], own);
  const tree = splitNul(await gitOrThrow(['ls-tree', '-r', '-z', '--full-tree', base.commit], own));
  const inside = await folderInRepository(request.path);
  const notes = [
    ...base.notes,
    ...describeSubmodules(tree),
    ...(await describeCopy(repository, { folder: inside, tree })),
  ];
  const source: LocalSource = {
    kind: 'local',
    repository: repository.root,
    gitDirectory: request.gitDirectory,
    commit: base.commit,
    head: base.head,
    branch: base.branch,
    dirty: base.commit !== base.head,
    ...(inside === '' ? {} : { folder: inside }),
    ...(notes.length === 0 ? {} : { notes }),
  };
  return { outcome: 'ok', source, files: tree.length, notes };
};

/**
 * Makes the source of a run: a bare repository of its own at `gitDirectory` (mode 0700), with the commit to start from, all its files and
 * none of its history, so that the run depends on nothing that the person does afterwards.
 *
 * Nothing in the person's repository is written, not even a stat cache: index, branch, stash, objects and files stay byte
 * for byte. What `git add -A` would commit comes along: modified, staged, new, deleted, renamed, mode bits, links, and contents as
 * the person's line ending settings and filters (such as LFS) store them. Ignored files, the insides of submodules and
 * of repositories within the tree stay behind. Submodules are kept as pointers.
 *
 * The same tree on the same commit gives the same commit id. Throws on broken I/O.
 */
export const snapshotRepository = async (request: SnapshotRequest): Promise<Snapshot> => {
  if (!isAbsolute(request.gitDirectory)) throw new Error('gitDirectory must be absolute');
  const repository = await findRepository(request.path, request.signal);
  if ('outcome' in repository) return repository;
  const folder = `${request.gitDirectory}.${randomBytes(6).toString('hex')}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await chmod(folder, 0o700);
    await initBare(folder, repository.format);
    const snapshot = await fill(repository, folder, request);
    if (snapshot.outcome === 'ok') {
      await rm(request.gitDirectory, { recursive: true, force: true });
      await rename(folder, request.gitDirectory);
    }
    return snapshot;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
