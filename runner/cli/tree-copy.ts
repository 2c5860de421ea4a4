import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { copiesIn } from '../worker/start/copies.ts';
import { homeBeside, homeOf } from '../worker/start/homes.ts';
import { latestFolder, placeAt } from '../worker/workspace/place.ts';
import type { Owner } from '../worker/workspace/tree-files.ts';

/** A copy of a run's tree and of what its commands have as their home; disposing it removes it. */
export interface TreeCopy extends AsyncDisposable {
  readonly tree: string;
  readonly home: string;
  /** A folder for the sandbox. */
  readonly scratch: string;
  /** What could not be copied, a line each. */
  readonly left: readonly string[];
}

/**
 * Copies the tree that lies below a run's folder, with ignored files and the repository in it; null: there is none. It is read by the run's own
 * user, who gets at nothing that its commands did not: what they left there may be made to lead elsewhere.
 */
export const copyTree = async (runFolder: string, name: string, owner: Owner | null): Promise<TreeCopy | null> => {
  const from = latestFolder(runFolder);
  if (from === null || !existsSync(placeAt(from).tree)) return null;
  const { tree } = placeAt(from);
  await using made = new AsyncDisposableStack();
  const copy = made.use(await copiesIn(path.join(runFolder, 'shells'), owner)(name));
  const home = await homeBeside(copy.tree, owner);
  const scratch = path.join(path.dirname(copy.tree), 'scratch');
  await mkdir(scratch, { mode: 0o711 });
  if (owner !== null) await chown(scratch, owner.uid, owner.gid);
  const left = [await copyFolder(tree, copy.tree, owner)];
  if (existsSync(homeOf(tree))) left.push(await copyFolder(homeOf(tree), home, owner));
  const kept = made.move();
  return { tree: copy.tree, home, scratch, left: left.flat(), [Symbol.asyncDispose]: () => kept.disposeAsync() };
};

/** Follows no link. Gives what `cp` complains of. */
const copyFolder = async (from: string, to: string, owner: Owner | null): Promise<readonly string[]> => {
  const child = spawn('cp', ['-a', '--reflink=auto', '--', `${from}/.`, to], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...owner,
  });
  const [said] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return said.split('\n').filter((line) => line !== '');
};
