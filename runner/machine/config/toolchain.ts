import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/**
 * The folder of the `node` on the PATH, with what was installed beside it; none where it lies in /usr, which every sandbox
 * sees. As root, one that other users cannot enter is passed over: commands run as such users.
 */
export const toolchains = (env: Readonly<Record<string, string | undefined>>): string[] => {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    try {
      accessSync(join(folder, 'node'), constants.X_OK);
      const node = realpathSync(join(folder, 'node'));
      if (process.getuid?.() !== 0 || isOpenToAll(node)) return prefixOf(node, homedir());
    } catch {
      // Not here: a folder of the PATH without node is no error.
    }
  }
  return [];
};

/** Any user can get to it: every folder on the way can be entered. */
export const isOpenToAll = (file: string): boolean => {
  for (let at = dirname(file); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
};

/** `/opt/node/bin/node` is in `/opt/node`; but a home, or what holds homes, is never shown to a sandbox whole. */
export const prefixOf = (node: string, home: string): string[] => {
  if (node.startsWith('/usr/') || node.startsWith('/bin/')) return [];
  const prefix = dirname(dirname(node));
  return [prefix === '/' || home === prefix || home.startsWith(`${prefix}/`) ? dirname(node) : prefix];
};

/**
 * The first user id for sandboxes. 1879048192 to 2147483647 is what systemd's table of user ids calls unused
 * (systemd.io/UIDS-GIDS). In a container that maps fewer ids, 40000: above people, below systemd's dynamic users.
 */
export const firstSandboxUser = (): number => {
  try {
    return userBase(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return 40_000;
  }
};

/** @internal */
export const userBase = (uidMap: string): number => {
  const end = uidMap
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .reduce((most, [inside = 0, , count = 0]) => Math.max(most, inside + count), 0);
  return end > 2_147_483_647 ? 1_879_048_192 : 40_000;
};
