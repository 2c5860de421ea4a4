import { printedBy } from '../host-programs.ts';
import type { SandboxOptions } from '../sandbox.ts';

/**
 * Sockets in a workspace before its first command, as paths relative to it: whoever listens on them is a process of the host, and a socket in the file system
 * is reached across network namespaces. Read as the user of the commands; what that user cannot enter, commands cannot either.
 */
export async function findSockets({
  workspace,
  user,
}: Pick<SandboxOptions, 'workspace' | 'user'>): Promise<readonly string[]> {
  const printed = await printedBy('find', [workspace, '-xdev', '-type', 's', '-printf', '%P\\0'], user);
  return printed.split('\0').filter(Boolean);
}
