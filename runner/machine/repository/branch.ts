import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';
import type { Source } from '../../../shared/run/source.ts';
import { blobId } from '../git/blobs.ts';
import { git, gitOrThrow, line, type GitOptions, type Identity } from '../git/git.ts';
import { temporaryFolder } from '../home/temporary-folder.ts';
import { withoutFilters } from './conversion.ts';
import { pathRefusal } from './safe-path.ts';
import { findRepository, refused, userOptions, type Refusal, type UserRepository } from './user-repository.ts';

/** `gitDirectory` has the objects of the source's commit; null: the person's repository has them. `message` is the commit message of the result. */
export interface BranchRequest {
  readonly repository: string;
  readonly gitDirectory: string | null;
  readonly source: Pick<Source, 'commit' | 'head' | 'dirty'>;
  readonly changes: ChangeSet;
  readonly read: (hash: string) => Promise<Buffer>;
  readonly branch: string;
  /** Checks the branch out in a work tree of its own at this absolute path; null: no. */
  readonly worktree: string | null;
  readonly message: string;
  /** False: what the person had not committed stays out; of a dirty source alone. */
  readonly own: boolean;
}

/** `commits` are the new ones, oldest first: with a dirty source the tree as it was delegated, then the result. */
export type Branch = { readonly outcome: 'ok'; readonly branch: string; readonly commits: readonly string[] } | Refusal;

const fallback: Identity = { name: 'Longhaul', email: 'longhaul@localhost' };

export const authorOf = async (repository: UserRepository): Promise<Identity> => {
  const ask = async (key: string): Promise<string> => {
    const found = await git(['config', '--get', key], userOptions(repository));
    return found.ok ? line(found.output).trim() : '';
  };
  const [name, email] = await Promise.all([ask('user.name'), ask('user.email')]);
  return name === '' || email === '' ? fallback : { name, email };
};

const checkName = async (repository: UserRepository, branch: string): Promise<Refusal | null> => {
  const options = userOptions(repository);
  const valid = !branch.startsWith('-') && (await git(['check-ref-format', '--branch', branch], options)).ok;
  if (!valid || branch === 'HEAD') return refused(`"${branch}" is not a name for a branch.`, 'Choose another name.');
  const exists = await git(['show-ref', '--verify', '--quiet', `refs/heads/${branch}`], options);
  return exists.ok
    ? refused(`There is a branch "${branch}" already.`, 'Choose another name, or delete the branch.')
    : null;
};

const checkFolder = async (folder: string): Promise<Refusal | null> => {
  if (!isAbsolute(folder)) return refused(`${folder} is not an absolute path.`, 'Name the whole path.');
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
  if (entries === 'ENOENT' || (Array.isArray(entries) && entries.length === 0)) return null;
  const why = Array.isArray(entries) ? 'is not empty' : `cannot be used (${entries})`;
  return refused(`${folder} ${why}.`, 'Name a folder that does not exist yet.');
};

/** Without the person's filter programs, for the same reason as everywhere: their input would be an agent's. */
const addWorktree = async (repository: UserRepository, folder: string, branch: string): Promise<Refusal | null> => {
  const options = { ...userOptions(repository), config: await withoutFilters(repository) };
  const added = await git(['worktree', 'add', '--quiet', '--', folder, branch], options);
  return added.ok
    ? null
    : refused(`git cannot make the work tree: ${added.errors.split('\n').at(-1) ?? ''}`, 'Name another folder.');
};

/** The entry that a version has in an index. */
const entry = ({ mode, path }: FileVersion, id: string): string => `${mode} ${id}\t${path}\0`;

/** Builds the result's tree in the index of `options`, on top of the source's tree, from which each `before` must come. */
const buildTree = async (
  options: GitOptions & { readonly folder: string },
  { source, changes, read, own, remedy }: CommitRequest,
): Promise<string | Refusal> => {
  const foreign = changes.files.find(({ before, after }) =>
    [before, after].some((side) => side !== null && pathRefusal(side.path) !== null),
  );
  if (foreign !== undefined) return refused('The result holds a path that git must not write.', 'Reject the result.');
  await gitOrThrow(['read-tree', source.commit], options);
  const listed = (await gitOrThrow(['ls-files', '-s', '-z'], options)).toString().split('\0');
  const present = new Set(listed.map((item) => item.replace(/ \d\t/, '\t')));
  const removals: string[] = [];
  const additions: string[] = [];
  for (const [position, { before, after }] of changes.files.entries()) {
    if (before !== null) {
      const id = blobId(await read(before.blob), source.commit);
      if (!present.has(entry(before, id).slice(0, -1))) {
        return notTheSame(before.path, own, remedy);
      }
      removals.push(`0 ${'0'.repeat(id.length)}\t${before.path}\0`);
    }
    if (after !== null) {
      const file = join(options.folder, String(position));
      await writeFile(file, await read(after.blob));
      additions.push(entry(after, line(await gitOrThrow(['hash-object', '-w', '--no-filters', file], options))));
    }
  }
  const updated = await git(['update-index', '-z', '--index-info'], {
    ...options,
    input: [...removals, ...additions].join(''),
  });
  if (!updated.ok)
    return refused(`git does not take the result: ${updated.errors.split('\n')[0] ?? ''}`, 'Reject the result.');
  return line(await gitOrThrow(['write-tree'], options));
};

const notTheSame = (path: string, own: boolean, remedy: string | undefined): Refusal =>
  own
    ? refused(`${path} is not what the run started from.`, 'Apply the result to the working tree instead.')
    : refused(
        `${path} has changes of yours that were not committed when the run was delegated: the result is made on top of them, and cannot be had without them.`,
        remedy ??
          'Make the branch with them, as a commit of their own before the result (so not with --without-own), or apply the result to the working tree.',
      );

/** Copies what the commit needs and the person's repository lacks into it; objects only, no ref. */
const copyObjects = async (
  repository: UserRepository,
  from: GitOptions,
  range: { commit: string; head: string | null },
): Promise<void> => {
  const input = [range.commit, ...(range.head === null ? [] : [`^${range.head}`])].map((item) => `${item}\n`).join('');
  const pack = await gitOrThrow(['pack-objects', '-q', '--revs', '--stdout'], { ...from, input });
  await gitOrThrow(['unpack-objects', '-q'], { ...userOptions(repository), input: pack });
};

/** Without the person's own work the result stands on the commit that was checked out; where there is none, nothing can be left out. */
export const startOf = ({ source, own }: Pick<BranchRequest, 'source' | 'own'>): BranchRequest['source'] =>
  own || !source.dirty || source.head === null ? source : { commit: source.head, head: source.head, dirty: false };

/** What commits are made of. `onTop`: the commit that the result goes on from, where that is not the source's. */
export interface CommitRequest extends Omit<BranchRequest, 'branch' | 'worktree'> {
  readonly onTop?: string | null;
  /** Folders with more objects. */
  readonly alternates?: readonly string[];
  /** What helps where the result stands on what the person had not committed, and that is left out. */
  readonly remedy?: string;
}

interface ResultCommit {
  readonly outcome: 'ok';
  /** Oldest first. */
  readonly commits: readonly string[];
  readonly result: string;
  /** Where they are. */
  readonly options: GitOptions & { readonly folder: string };
}

/** The commits with the result, in the scratch folder's objects alone. `author`: by whom they are. */
export const makeCommits = async (
  repository: UserRepository,
  scratch: string,
  { request, author }: { readonly request: CommitRequest; readonly author: Identity },
): Promise<ResultCommit | Refusal> => {
  const { source } = request;
  const objects = join(scratch, 'objects');
  await mkdir(objects);
  const options = {
    ...userOptions(repository),
    folder: scratch,
    index: join(scratch, 'index'),
    objects,
    alternates: [
      repository.objects,
      ...(request.gitDirectory === null ? [] : [join(request.gitDirectory, 'objects')]),
      ...(request.alternates ?? []),
    ],
    identity: author,
  };
  if (source.head !== null && !(await git(['cat-file', '-e', `${source.head}^{tree}`], userOptions(repository))).ok) {
    return refused(
      `The commit ${source.head} that the run started from is not in this repository.`,
      'Fetch it, or apply the result to the working tree instead.',
    );
  }
  if (!(await git(['cat-file', '-e', `${source.commit}^{tree}`], options)).ok)
    return refused(
      `The tree that the run started from (${source.commit}) is not in this repository, and not kept any more.`,
      'Fetch that commit, or apply the result to the working tree instead.',
    );
  const tree = await buildTree(options, request);
  if (typeof tree !== 'string') return tree;
  const commit = async (content: string, parent: string | null, message: string): Promise<string> => {
    const parents = parent === null ? [] : ['-p', parent];
    return line(
      await gitOrThrow(['commit-tree', content, ...parents, '-F', '-'], { ...options, input: `${message}\n` }),
    );
  };
  const delegated = source.dirty
    ? [await commit(`${source.commit}^{tree}`, source.head, 'Working tree as delegated')]
    : [];
  const result = await commit(tree, delegated[0] ?? request.onTop ?? source.head, request.message);
  return { outcome: 'ok', commits: [...delegated, result], result, options };
};

const create = async (repository: UserRepository, scratch: string, asked: BranchRequest): Promise<Branch> => {
  const request = { ...asked, source: startOf(asked) };
  const { source, branch } = request;
  const made = await makeCommits(repository, scratch, { request, author: await authorOf(repository) });
  if (made.outcome === 'refused') return made;
  const { result, options, commits } = made;
  await copyObjects(repository, options, { commit: result, head: source.head });
  // Given that the ref must not exist, git refuses if someone made it meanwhile.
  const updated = await git(
    [
      'update-ref',
      '--create-reflog',
      '-m',
      'longhaul: apply',
      `refs/heads/${branch}`,
      result,
      '0'.repeat(result.length),
    ],
    { ...userOptions(repository), ...(options.identity && { identity: options.identity }) },
  );
  if (!updated.ok)
    return refused(`git cannot make the branch: ${updated.errors.split('\n')[0] ?? ''}`, 'Choose another name.');
  const failed = request.worktree === null ? null : await addWorktree(repository, request.worktree, branch);
  if (failed !== null) {
    await gitOrThrow(['update-ref', '-d', `refs/heads/${branch}`, result], userOptions(repository));
    return failed;
  }
  return { outcome: 'ok', branch, commits };
};

/**
 * Makes a new branch in the person's repository that holds the result on top of the commit they delegated from. Work tree,
 * index, HEAD and every other ref stay as they are. The author is the person, as their git configuration names them.
 * With `worktree`, the branch is also checked out there. Refuses if the branch or the folder exists, its name is none, or the changes do not belong to the source. Throws on broken I/O or if `read` does.
 */
export const applyAsBranch = async (request: BranchRequest): Promise<Branch> => {
  const repository = await findRepository(request.repository);
  if ('outcome' in repository) return repository;
  const wrong =
    (await checkName(repository, request.branch)) ??
    (request.worktree === null ? null : await checkFolder(request.worktree));
  if (wrong !== null) return wrong;
  if (request.changes.files.length === 0)
    return refused('The run changed nothing.', 'There is nothing to put on a branch.');
  await using scratch = await temporaryFolder('longhaul-branch-');
  return await create(repository, scratch.path, request);
};
