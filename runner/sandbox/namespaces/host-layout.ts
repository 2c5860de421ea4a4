import { lstat, mkdir, readlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { findPrograms, firstExecutable, missing } from '../host-programs.ts';
import { emptyFile, emptyFolder, insideId, type HostLayout } from './arguments.ts';
import { readEtc } from './host-etc.ts';
import type { SandboxRefusal } from '../sandbox.ts';

/** Programs of the host that the sandbox is made of: bwrap runs outside; the others run inside, so they must lie where the inside sees them. */
export interface HostPrograms {
  readonly bwrap: string;
  readonly layout: HostLayout;
}

const rootNames = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Looks the host over. `path` is the search path for bwrap, as in `PATH`. Refuses when a program is missing. */
export async function readHost(path: string): Promise<({ readonly outcome: 'ok' } & HostPrograms) | SandboxRefusal> {
  const bwrap = await firstExecutable('bwrap', path.split(delimiter).filter(Boolean));
  if (bwrap === null) return missing('bwrap', 'bubblewrap');
  const programs = await findPrograms({ prlimit: 'util-linux', socat: 'socat' });
  if ('outcome' in programs) return programs;
  const roots = await Promise.all(rootNames.map((name) => rootEntry(`/${name}`)));
  const layout: HostLayout = {
    rootLinks: roots.flatMap((entry) => (entry?.kind === 'link' ? [{ path: entry.path, target: entry.target }] : [])),
    rootFolders: roots.flatMap((entry) => (entry?.kind === 'folder' ? [entry.path] : [])),
    etc: await readEtc(),
    ...programs,
  };
  return { outcome: 'ok', bwrap, layout };
}

/** Writes to `folder` what the inside has in place of the host's: accounts and names, of one user and loopback, and what is empty. */
export async function writeEtc(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const files = {
    passwd: `agent:x:${insideId}:${insideId}:agent:/home/agent:/bin/bash\n`,
    group: `agent:x:${insideId}:\n`,
    hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    [emptyFile]: '',
  };
  await mkdir(join(folder, emptyFolder), { recursive: true, mode: 0o755 });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o644 })));
}

type RootEntry = { kind: 'link'; path: string; target: string } | { kind: 'folder'; path: string };

async function rootEntry(path: string): Promise<RootEntry | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return null;
  if (found.isSymbolicLink()) return { kind: 'link', path, target: await readlink(path) };
  return found.isDirectory() ? { kind: 'folder', path } : null;
}
