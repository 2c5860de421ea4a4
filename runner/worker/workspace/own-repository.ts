import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitOrThrow, type GitOptions } from '../../machine/git/git.ts';
import { copyIndex } from '../../machine/git/index-file.ts';
import { giveTo, removeTree, type Owner } from './tree-files.ts';

/** What the repository in the tree is made from: the checkpoints and the commit that its history begins with. */
export interface OwnRepositoryOptions {
  readonly tree: string;
  readonly checkpoints: GitOptions & { readonly gitDirectory: string };
  readonly commit: string;
  readonly branch: string;
  readonly exclude: Buffer;
  /** An index that already knows the files on disk, or null. */
  readonly index: string | null;
  readonly owner: Owner | null;
}

const ownConfig = '[user]\n\tname = Longhaul Agent\n\temail = agent@longhaul.localhost\n[gc]\n\tauto = 0\n';

/**
 * Gives the tree a `.git` for the agent, so that status, diff, log and commit work where it sees the tree: one commit with the
 * base content, no remote, no path of the host, an empty hooks folder. It is the agent's to change; nothing of ours reads it.
 */
export const createOwnRepository = async (options: OwnRepositoryOptions): Promise<void> => {
  const { tree, checkpoints, commit, owner } = options;
  const staging = `${tree}.git.${randomBytes(6).toString('hex')}`;
  const own: GitOptions & { gitDirectory: string } = { folder: join(tree, '..'), gitDirectory: staging };
  const signal = checkpoints.signal === undefined ? {} : { signal: checkpoints.signal };
  try {
    const format = commit.length === 64 ? 'sha256' : 'sha1';
    await gitOrThrow(['init', '-q', '--bare', '--template=', `--object-format=${format}`], { ...own, ...signal });
    await gitOrThrow(['pack-objects', '-q', '--revs', '--window=0', join(staging, 'objects', 'pack', 'pack')], {
      ...checkpoints,
      input: `${commit}\n`,
    });
    const config = readFileSync(join(staging, 'config'), 'utf8').replace('bare = true', 'bare = false');
    writeFileSync(join(staging, 'config'), `${config}${ownConfig}`);
    writeFileSync(join(staging, 'HEAD'), `ref: refs/heads/${options.branch}\n`);
    mkdirSync(join(staging, 'hooks'));
    mkdirSync(join(staging, 'info'), { recursive: true });
    writeFileSync(join(staging, 'info', 'exclude'), options.exclude);
    await gitOrThrow(['update-ref', `refs/heads/${options.branch}`, commit], { ...own, ...signal });
    if (options.index === null) await gitOrThrow(['read-tree', commit], { ...own, ...signal });
    else await copyIndex(options.index, join(staging, 'index'));
    if (owner !== null) giveTo(staging, owner);
    renameSync(staging, join(tree, '.git'));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
};

/** After commands were cut off: makes sure there is a `.git` folder that git can use, without judging what the agent did with it. */
export const repairOwnRepository = async (options: OwnRepositoryOptions): Promise<void> => {
  const place = join(options.tree, '.git');
  if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) {
    removeTree(place);
    await createOwnRepository(options);
    return;
  }
  // A git that was killed inside the sandbox leaves its locks, and every later one would refuse to work.
  for (const lock of ['index.lock', 'HEAD.lock']) {
    if (lstatSync(join(place, lock), { throwIfNoEntry: false })?.isFile() === true) rmSync(join(place, lock));
  }
};
