import { gitOrThrow, pathBytes, splitNul } from '../git/git.ts';
import { userOptions, type UserRepository } from './user-repository.ts';
import { readState } from './worktree-files.ts';

/** Which of these paths the person has left out of the checkout: they are in the index, and not on disk on purpose. Nobody deleted them. */
export const outsideOfSparse = async (
  repository: UserRepository,
  paths: readonly string[],
): Promise<ReadonlySet<string>> => {
  const asked = new Set(paths);
  const listed = splitNul(
    await gitOrThrow(['ls-files', '-z', '-t', '--full-name', '--', ':/'], userOptions(repository)),
  );
  const skipped = listed
    .filter((entry) => entry.startsWith('S '))
    .map((entry) => pathBytes(entry.slice(2)).toString())
    .filter((path) => asked.has(path));
  const found = await Promise.all(skipped.map((path) => readState(repository.root, path)));
  return new Set(skipped.filter((_, index) => found[index]?.kind === 'absent'));
};
