import { chown, lstat, mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryPins } from './arguments.ts';
import type { SandboxOptions } from '../sandbox.ts';

const none: RepositoryPins = { pinned: [], readOnly: [] };

/**
 * Finds what of the workspace's repository to pin before a command. A git of the host that later reads this tree would run hooks, and filters
 * and monitors that the configuration names; so these are read-only inside, and made where they are missing, for a missing path cannot be protected.
 *
 * A link is never followed: the agent could have left one that points anywhere. No process of the sandbox is alive while this looks.
 */
export async function pinRepository({
  workspace,
  user,
}: Pick<SandboxOptions, 'workspace' | 'user'>): Promise<RepositoryPins> {
  if (!(await isReal(join(workspace, '.git'), 'folder'))) return none;
  const make = async (path: string, kind: 'folder' | 'file'): Promise<string[]> => {
    const absolute = join(workspace, path);
    if ((await lstat(absolute).catch(() => null)) === null) {
      await (kind === 'folder' ? mkdir(absolute) : writeFile(absolute, '', { flag: 'wx' }));
      if (user !== null) await chown(absolute, user.uid, user.gid);
    }
    return (await isReal(absolute, kind)) ? [path] : [];
  };
  const config = (await isReal(join(workspace, '.git/config'), 'file')) ? ['.git/config'] : [];
  const hooks = await make('.git/hooks', 'folder');
  const info = await make('.git/info', 'folder');
  const attributes = info.length === 0 ? [] : await make('.git/info/attributes', 'file');
  return { pinned: ['.git', ...info], readOnly: [...config, ...hooks, ...attributes] };
}

/**
 * `.git/commondir` would send a git of the host to a configuration and hooks elsewhere. Nothing can be mounted over it that git takes for absent,
 * so it is removed after the command, when no process is left.
 */
export async function removeCommonDir(workspace: string, pins: RepositoryPins): Promise<void> {
  if (pins.pinned.length === 0) return;
  await unlink(join(workspace, '.git/commondir')).catch(() => {});
}

async function isReal(path: string, kind: 'folder' | 'file'): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found !== null && (kind === 'folder' ? found.isDirectory() : found.isFile());
}
