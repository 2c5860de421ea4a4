import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refused, type SandboxOptions, type SandboxRefusal } from './sandbox.ts';

const systemFolders = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/bin'];

export const missing = (program: string, debianPackage: string): SandboxRefusal =>
  refused(
    `${program} is not installed, and without it no command can be confined`,
    `install it: apt-get install ${debianPackage} (Debian, Ubuntu) or dnf install ${debianPackage} (Fedora)`,
  );

/** The system's own programs of these names, or which is missing. `packages`: names of Debian and Fedora. */
export async function findPrograms<Name extends string>(
  packages: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, string>> | SandboxRefusal> {
  const found: Record<string, string> = {};
  for (const [name, debianPackage] of Object.entries<string>(packages)) {
    const path = await firstExecutable(name, systemFolders);
    if (path === null) return missing(name, debianPackage);
    found[name] = path;
  }
  return found as Record<Name, string>; // safe: each of them was found
}

/** What a program of the system prints, whatever its exit code tells of: entries that vanish while it looks, or cannot be read. */
export const printedBy = (
  program: string,
  words: readonly string[],
  user: SandboxOptions['user'] = null,
): Promise<string> =>
  new Promise((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', maxBuffer: 2 ** 24, ...user };
    execFile(program, words, options, (_error, stdout) => resolve(stdout));
  });

export async function firstExecutable(name: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
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
