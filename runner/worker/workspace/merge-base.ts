import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { git, GitError, gitOrThrow, joinNul, line, splitNul, unexpected } from '../../machine/git/git.ts';
import { indexedIn } from './checkpoint-files.ts';
import type { Repository } from './checkpoint-repository.ts';
import { writeCommit } from './commit-object.ts';
import type { TreeEntry } from './tree-files.ts';

const submodule = '160000';

/** Reads a commit or a tree into an index, without submodules: their files are not there to work on. Gives what the index has then. */
export const readIndex = async (
  options: Repository & { readonly index: string },
  content: string,
): Promise<readonly TreeEntry[]> => {
  await gitOrThrow(['read-tree', content], options);
  const entries = await indexedIn(options);
  const { modules = [], files = [] } = Object.groupBy(entries, ({ mode }) =>
    mode === submodule ? 'modules' : 'files',
  );
  if (modules.length > 0) {
    const input = joinNul(modules.map(({ path }) => path));
    await gitOrThrow(['update-index', '-z', '--force-remove', '--stdin'], { ...options, input });
  }
  return files;
};

/** The tree of a commit, without submodules. */
export const treeWithoutModules = async (repository: Repository, commit: string): Promise<string> => {
  const index = join(repository.gitDirectory, 'base.index');
  try {
    const options = { ...repository, index };
    await readIndex(options, commit);
    return line(await gitOrThrow(['write-tree'], options));
  } finally {
    rmSync(index, { force: true });
  }
};

/** Ids of trees. */
export interface ThreeTrees {
  readonly from: string;
  readonly ours: string;
  readonly theirs: string;
}

export interface Merged {
  readonly tree: string;
  /** Files in which both changed the same, by path: both stand in them between conflict markers, where they are text. */
  readonly conflicts: readonly string[];
}

/**
 * Merges by git's own rules (renames are followed), from trees alone: what history there is of the checkpoints is not that of the code. The markers name
 * the two sides `longhaul/result` and `longhaul/incoming`. Throws GitError.
 */
export const mergeTrees = async (repository: Repository, { from, ours, theirs }: ThreeTrees): Promise<Merged> => {
  const { gitDirectory } = repository;
  const at = (tree: string, parent: string | null, name: string): string =>
    writeCommit(gitDirectory, { tree, parent, label: name, rest: null }, `refs/longhaul/${name}`);
  const parent = at(from, null, 'ancestor');
  at(ours, parent, 'result');
  at(theirs, parent, 'incoming');
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages'];
  const merged = await git([...args, 'longhaul/result', 'longhaul/incoming'], repository);
  // 1: there are conflicts.
  if (!merged.ok && merged.code !== 1) throw unexpected(args, merged);
  const [tree = '', ...conflicts] = splitNul(merged.output);
  if (!/^[0-9a-f]{40,64}$/.test(tree)) throw new GitError(`git merge-tree gave no tree: ${merged.errors}`);
  return { tree, conflicts: [...new Set(conflicts)] };
};
