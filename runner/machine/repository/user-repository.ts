import { git, line, pathBytes, type GitOptions } from '../git/git.ts';

/** A person's repository, as git finds it from one of its folders. All paths are absolute. */
export interface UserRepository {
  /** The folder of the work tree. */
  readonly root: string;
  /** The git directory of this work tree; holds HEAD and the index. */
  readonly gitDirectory: string;
  readonly index: string;
  readonly objects: string;
  readonly exclude: string;
  readonly format: 'sha1' | 'sha256';
}

/** Why something was not done, and what the person can do about it; both are sentences. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly reason: string;
  readonly remedy: string;
}

export const refused = (reason: string, remedy: string): Refusal => ({ outcome: 'refused', reason, remedy });

/** Options to run git on a person's repository with their configuration, without writing to its index. */
export const userOptions = (repository: UserRepository): GitOptions & { gitDirectory: string; workTree: string } => ({
  as: 'user',
  gitDirectory: repository.gitDirectory,
  workTree: repository.root,
});

/** Finds the repository that `path` (a folder of a work tree) belongs to, or says why there is none to work with. */
export const findRepository = async (path: string, signal?: AbortSignal): Promise<UserRepository | Refusal> => {
  const options: GitOptions = { as: 'user', folder: path, signal };
  const ask = async (...args: string[]): Promise<string | null> => {
    const result = await git(['rev-parse', '--path-format=absolute', ...args], options);
    return result.ok ? line(result.output) : null;
  };
  const inside = await ask('--is-inside-work-tree').catch((error: unknown) => {
    signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  });
  if (inside === null) {
    const owner = await git(['rev-parse', '--git-dir'], options).catch(() => null);
    if (owner !== null && !owner.ok && /dubious ownership|safe\.directory/.test(owner.errors))
      return refused(
        `The repository of ${path} belongs to another user, and git does not trust it.`,
        `If you do, say so to git: git config --global --add safe.directory ${path}`,
      );
    return refused(
      `${path} is not in a git repository.`,
      'Open a folder of a git repository, or run "git init" and commit.',
    );
  }
  if (inside !== 'true') {
    return refused(
      `${path} is a repository without a work tree.`,
      'Name the folder of a work tree, for example one made with "git worktree add".',
    );
  }
  const [root, gitDirectory, index, objects, exclude, format] = await Promise.all([
    ask('--show-toplevel'),
    ask('--absolute-git-dir'),
    ask('--git-path', 'index'),
    ask('--git-path', 'objects'),
    ask('--git-path', 'info/exclude'),
    ask('--show-object-format'),
  ]);
  if (root === null || gitDirectory === null || index === null || objects === null || exclude === null) {
    return refused(`git cannot read the repository of ${path}.`, 'Run "git status" there and repair what it reports.');
  }
  return { root, gitDirectory, index, objects, exclude, format: format === 'sha256' ? 'sha256' : 'sha1' };
};

/** Where a folder is in its work tree, without a slash at its end; empty: at its root, or in none. */
export const folderInRepository = async (path: string): Promise<string> => {
  const result = await git(['rev-parse', '--show-prefix'], { as: 'user', folder: path }).catch(() => null);
  return result?.ok === true ? pathBytes(line(result.output)).toString().replace(/\/$/, '') : '';
};
