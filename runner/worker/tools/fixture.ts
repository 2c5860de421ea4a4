import { execFile } from 'node:child_process';
import { chown, lstat, mkdir, mkdtemp, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { rgPath } from '@vscode/ripgrep';
import { openBubblewrap } from '../../sandbox/namespaces/bubblewrap.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from './tool.ts';

/** A file's content, or a symbolic link. */
export type Entry = string | Buffer | { readonly link: string };

/** A tree in a folder of its own for tests of tools, beside a folder `outside` that nothing may touch. */
export interface Tree extends AsyncDisposable {
  readonly root: string;
  readonly context: ToolContext;
  run(tool: Tool, args: unknown): Promise<ToolResult>;
  /** Every file below the root by its path: its text, or `-> target`. */
  read(): Promise<Record<string, string>>;
}

const user = process.getuid?.() === 0 ? { uid: 212_345, gid: 212_345 } : null;
const mb = 1024 * 1024;

/** With `sandboxed` commands run in a real sandbox; without, a command is a bug of the test. */
export const openTree = async (
  entries: Readonly<Record<string, Entry>>,
  options: { readonly sandboxed?: boolean; readonly finished?: Readonly<Record<string, string>> } = {},
): Promise<Tree> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-tools-'));
  const root = path.join(folder, 'tree');
  const scratch = path.join(folder, 'scratch');
  await mkdir(root, { mode: 0o700 });
  await mkdir(scratch, { mode: 0o700 });
  await mkdir(path.join(folder, 'outside'));
  await writeFile(path.join(folder, 'outside', 'secret.txt'), 'secret\n');
  for (const [name, entry] of Object.entries(entries)) await put(path.join(root, name), entry);
  if (user !== null) for (const entry of [folder, root]) await chown(entry, user.uid, user.gid);
  const limits = {
    memoryBytes: 4096 * mb,
    processes: 64,
    fileBytes: 64 * mb,
    tmpBytes: 64 * mb,
    workspaceBytes: 64 * mb,
  };
  const readable = [path.dirname(path.dirname(rgPath))];
  const sandbox = options.sandboxed
    ? await openBubblewrap({ workspace: root, home: null, scratch, user, limits, readable })
    : noSandbox;
  if ('outcome' in sandbox) throw new Error(`${sandbox.reason}; ${sandbox.remedy}`);
  const context: ToolContext = {
    root,
    owner: user,
    sandbox,
    signal: new AbortController().signal,
    network: [],
    finishedCalls: new Map(Object.entries(options.finished ?? {}).map(([id, tool]) => [id, { tool }])),
    ripgrep: rgPath,
    wanted: { kind: 'diff' },
  };
  return {
    root,
    context,
    run: (tool, args) => tool.run(args, context),
    read: () => contents(root),
    [Symbol.asyncDispose]: async () => {
      await sandbox[Symbol.asyncDispose]();
      // Unlike Node's own, it gets by where a path is too long for one call.
      await promisify(execFile)('rm', ['-rf', '--', folder]);
    },
  };
};

const noSandbox: Sandbox = {
  run: () => Promise.reject(new Error('this tool runs no command')),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const put = async (file: string, entry: Entry): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true });
  if (typeof entry === 'string' || Buffer.isBuffer(entry)) await writeFile(file, entry);
  else await symlink(entry.link, file);
  if (user !== null && (typeof entry === 'string' || Buffer.isBuffer(entry))) await chown(file, user.uid, user.gid);
};

const contents = async (root: string): Promise<Record<string, string>> => {
  const names = (await readdir(root, { recursive: true })).sort();
  const found: Record<string, string> = {};
  for (const name of names) {
    const file = path.join(root, name);
    const stats = await lstat(file);
    if (stats.isSymbolicLink()) found[name] = `-> ${await readlink(file)}`;
    else if (stats.isFile()) found[name] = await readFile(file, 'utf8');
  }
  return found;
};
