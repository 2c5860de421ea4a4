import { splitNul } from '../../machine/git/git.ts';
import type { Ended, Outlets } from '../command-sandbox.ts';
import type { SandboxCommand, SandboxLimits, SandboxOptions } from '../sandbox.ts';
import { LocalTree } from './local-tree.ts';
import { parseEntry } from './manifest.ts';
import { PackReader } from './pack.ts';

/** Names and times of a million files fit. */
const listBytes = 256 * 1024 * 1024;

/** What a pack may come to: the tree, the output and lists of paths. */
export const mostPackBytes = (command: SandboxCommand, limits: SandboxLimits): number =>
  limits.workspaceBytes + command.maxOutputBytes + 3 * listBytes;

/**
 * Reads what a command left on its machine: how it ended, what it printed, and what it changed, which is then changed here too.
 * Throws for a pack that does not fit together; the tree may then be half changed.
 */
export async function takeBack(
  pack: string,
  command: SandboxCommand,
  { options, outlets }: { readonly options: SandboxOptions; readonly outlets: Pick<Outlets, 'onOutput' | 'onCut'> },
): Promise<Extract<Ended, { outcome: 'exited' | 'limit' }>> {
  await using reader = new PackReader(pack);
  const tree = new LocalTree(options.workspace, options.user);
  let exitCode: number | null = null;
  let limit = false;
  let rest = 0;
  let changed: readonly string[] = [];
  let links: readonly string[] = [];
  for (let section = await reader.section(); section !== null; section = await reader.section()) {
    const { name, bytes } = section;
    if (name === 'content') {
      await writeAll(reader, tree, { bytes: within(bytes, options.limits), records: changed, links });
      continue;
    }
    const isOutput = name === 'head' || name === 'tail';
    const content = await reader.take(bytes, isOutput ? command.maxOutputBytes : listBytes);
    switch (name) {
      case 'code':
        exitCode = Number(content.toString('latin1'));
        break;
      case 'limit':
        limit = true;
        break;
      case 'head':
        outlets.onOutput(content);
        break;
      case 'rest':
        rest = Number(content.toString('latin1'));
        break;
      case 'tail':
        outlets.onCut(Math.max(0, rest - content.length));
        outlets.onOutput(content);
        break;
      case 'gone.out':
        for (const path of splitNul(content).toSorted().toReversed()) tree.remove(parseEntry(`f 0 0 0 0 ${path}`).path);
        break;
      case 'changed':
        changed = splitNul(content);
        break;
      case 'links':
        links = splitNul(content);
        break;
      default:
        throw new Error(`the machine sent ${JSON.stringify(name)}, which nobody asked for`);
    }
  }
  if (limit) return { outcome: 'limit' };
  if (exitCode === null || !Number.isInteger(exitCode))
    throw new Error('the machine did not say how the command ended');
  return { outcome: 'exited', exitCode };
}

const within = (bytes: number, { workspaceBytes }: SandboxLimits): number => {
  if (bytes > workspaceBytes)
    throw new Error(`the machine sent ${bytes} bytes of files where ${workspaceBytes} may be`);
  return bytes;
};

interface Changes {
  readonly bytes: number;
  readonly records: readonly string[];
  readonly links: readonly string[];
}

async function writeAll(reader: PackReader, tree: LocalTree, { bytes, records, links }: Changes): Promise<void> {
  const entries = records.map(parseEntry);
  const targets = links.values();
  const sum = entries.reduce((total, { kind, size }) => (kind === 'f' ? total + size : total), 0);
  if (sum !== bytes) throw new Error(`the machine sent ${bytes} bytes for files of ${sum}`);
  for (const entry of entries) {
    if (entry.kind === 'd') tree.folder(entry);
    else if (entry.kind === 'l') {
      const target = targets.next().value;
      if (target === undefined || target === '') throw new Error(`the machine sent no target of ${entry.path}`);
      tree.link(entry.path, Buffer.from(target, 'latin1'));
    } else {
      const file = tree.file(entry);
      try {
        await reader.pour(entry.size, (chunk) => file.write(chunk));
      } finally {
        file.close();
      }
    }
  }
}
