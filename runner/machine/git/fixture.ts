import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gitOrThrow, type GitOptions } from './git.ts';

// The machine's configuration would decide what tests see, in the code under test too: for this process there is none.
process.env['GIT_CONFIG_GLOBAL'] = '/dev/null';
process.env['GIT_CONFIG_NOSYSTEM'] = '1';
process.env['XDG_CONFIG_HOME'] = '/nonexistent';

/** For tests: a real repository in a temporary folder that goes away when disposed. */
export interface Fixture extends AsyncDisposable {
  /** The temporary folder; the repository is `repo` below it. */
  readonly folder: string;
  readonly repo: string;
  git(...args: string[]): Promise<string>;
  write(path: string, content: string | Buffer): void;
  commit(message: string): Promise<string>;
}

/** The person whose repository it is. */
const person = { name: 'Ada', email: 'ada@example.com', date: '1700000000 +0000' };

/** Makes a repository with `git init` and the given options. */
export const createFixture = async (init: readonly string[] = []): Promise<Fixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul git '));
  const repo = join(folder, 'repo');
  mkdirSync(repo);
  const run = async (args: string[], options: GitOptions = {}) =>
    (
      await gitOrThrow(args, {
        as: 'user',
        folder: repo,
        identity: person,
        config: ['protocol.file.allow=always'],
        ...options,
      })
    ).toString();
  await run(['init', '-q', '-b', 'main', ...init]);
  return {
    folder,
    repo,
    git: (...args) => run(args),
    write: (path, content) => {
      mkdirSync(dirname(join(repo, path)), { recursive: true });
      writeFileSync(join(repo, path), content);
    },
    commit: async (message) => {
      await run(['add', '-A']);
      await run(['commit', '-q', '--allow-empty', '-m', message]);
      return (await run(['rev-parse', 'HEAD'])).trim();
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
};

const describe = (path: string): string => {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (!found.isFile()) return 'other';
  const mode = (found.mode & 0o100) === 0 ? 'file' : 'executable';
  return `${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
};

/** For tests: every file and link below a folder, with its kind and the hash of its content; empty folders do not show. */
export const listing = (root: string, skip: (path: string) => boolean = () => false): Record<string, string> => {
  const found: Record<string, string> = {};
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (skip(path)) continue;
      if (entry.isDirectory()) walk(path);
      else found[path] = describe(join(root, path));
    }
  };
  walk('');
  return found;
};

/** A commit of trees in trees, each of which holds the one below it ten times: `levels` trees name ten to their number of files. */
export const treeBomb = async (fixture: Fixture, levels: number): Promise<string> => {
  const at = { folder: fixture.repo, identity: { name: 't', email: 't@localhost' } };
  const write = async (args: readonly string[], input: string): Promise<string> =>
    (await gitOrThrow(args, { ...at, input })).toString().trim();
  let below = `100644 blob ${await write(['hash-object', '-w', '--stdin'], '')}`;
  for (let level = 0; level < levels; level += 1) {
    const entries = Array.from({ length: 10 }, (_, name) => `${below}\t${name}\n`).join('');
    below = `040000 tree ${await write(['mktree'], entries)}`;
  }
  return write(['commit-tree', '-m', 'bomb', below.slice(-40)], '');
};
