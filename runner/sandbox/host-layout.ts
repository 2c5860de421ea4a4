import { access, lstat, mkdir, readlink, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { HostLayout } from './namespaces/arguments.ts';
import { EMPTY_FILE, EMPTY_FOLDER, INSIDE_ID } from './namespaces/arguments.ts';
import { readEtc } from './namespaces/host-etc.ts';
import type { SandboxRefusal } from './sandbox.ts';

/** Programs of the host that the sandbox is made of: bwrap runs outside; the others run inside, so they must lie where the inside sees them. */
export interface HostPrograms {
  readonly bwrap: string;
  readonly layout: HostLayout;
}

const ROOT_NAMES = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

export const SYSTEM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/bin'];

/** Looks the host over. `path` is the search path for bwrap, as in `PATH`. Refuses when a program is missing. */
export async function readHost(path: string): Promise<({ readonly outcome: 'ok' } & HostPrograms) | SandboxRefusal> {
  const bwrap = await firstExecutable('bwrap', path.split(delimiter).filter(Boolean));
  if (bwrap === null) return missing('bwrap', 'bubblewrap');
  const prlimit = await firstExecutable('prlimit', SYSTEM_FOLDERS);
  if (prlimit === null) return missing('prlimit', 'util-linux');
  const socat = await firstExecutable('socat', SYSTEM_FOLDERS);
  if (socat === null) return missing('socat', 'socat');
  const roots = await Promise.all(ROOT_NAMES.map((name) => rootEntry(`/${name}`)));
  const layout: HostLayout = {
    rootLinks: roots.flatMap((entry) => (entry?.kind === 'link' ? [{ path: entry.path, target: entry.target }] : [])),
    rootFolders: roots.flatMap((entry) => (entry?.kind === 'folder' ? [entry.path] : [])),
    etc: await readEtc(),
    prlimit,
    socat,
  };
  return { outcome: 'ok', bwrap, layout };
}

/** Writes to `folder` what the inside has in place of the host's: accounts and names, of one user and loopback, and what is empty. */
export async function writeEtc(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const files = {
    passwd: `agent:x:${INSIDE_ID}:${INSIDE_ID}:agent:/home/agent:/bin/bash\n`,
    group: `agent:x:${INSIDE_ID}:\n`,
    hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    [EMPTY_FILE]: '',
  };
  await mkdir(join(folder, EMPTY_FOLDER), { recursive: true, mode: 0o755 });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o644 })));
}

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

type RootEntry = { kind: 'link'; path: string; target: string } | { kind: 'folder'; path: string };

async function rootEntry(path: string): Promise<RootEntry | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return null;
  if (found.isSymbolicLink()) return { kind: 'link', path, target: await readlink(path) };
  return found.isDirectory() ? { kind: 'folder', path } : null;
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
