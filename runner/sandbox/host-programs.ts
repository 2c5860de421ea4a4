import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxRefusal } from './sandbox.ts';

export const SYSTEM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/bin'];

export function missing(program: string, debianPackage: string): SandboxRefusal {
  return {
    outcome: 'refused',
    reason: `${program} is not installed, and without it no command can be confined`,
    remedy: `install it: apt-get install ${debianPackage} (Debian, Ubuntu) or dnf install ${debianPackage} (Fedora)`,
  };
}

export async function firstExecutable(name: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await exists(path, 1)) return path;
  }
  return null;
}

async function exists(path: string, mode = 0): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** Whether `path` is a folder, following links: for folders that the host's owner named. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Those of the folders that have such a child folder. */
export async function filterFolders(paths: readonly string[], child: string): Promise<readonly string[]> {
  const found = await Promise.all(paths.map(async (path) => ((await isFolder(join(path, child))) ? [path] : [])));
  return found.flat();
}
