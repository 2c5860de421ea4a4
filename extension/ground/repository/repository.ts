import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '@vscode/l10n';
import { webAddress } from './web-address.ts';
import { parsePatch, type LineChange } from '../../../shared/review/patch.ts';

export type FoundRepository =
  | { readonly outcome: 'found'; readonly root: string }
  | { readonly outcome: 'none' }
  /** Git is not there, or does not want to. */
  | { readonly outcome: 'failed'; readonly message: string };

const git = (
  folder: string,
  args: readonly string[],
): Promise<{ readonly code: number | string; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    execFile('git', ['-C', folder, ...args], { maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code ?? 1), out, err });
    });
  });

/** The work tree that a file or folder is in; its path has no symbolic links in it. */
export const repositoryOf = async (file: string): Promise<FoundRepository> => {
  const isFolder = await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const { code, out, err } = await git(isFolder ? file : path.dirname(file), ['rev-parse', '--show-toplevel']);
  if (code === 0) return { outcome: 'found', root: out.replace(/\r?\n$/, '') };
  if (code === 'ENOENT') return { outcome: 'failed', message: t('The program git was not found on this machine.') };
  if (err.includes('not a git repository')) return { outcome: 'none' };
  return { outcome: 'failed', message: err.trim() };
};

/** Where the repository was cloned from, as an address of the web; null: nowhere, or it has none. */
export const originOf = async (root: string): Promise<string | null> => {
  const { code, out } = await git(root, ['remote', 'get-url', 'origin']);
  return code === 0 ? webAddress(out.trim()) : null;
};

/**
 * The files that differ from the last commit, new ones included, from the root of the repository with `/`; null where git cannot say.
 * Repositories within it stay behind anyway, and are not listed.
 */
export const dirtyFiles = async (root: string): Promise<readonly string[] | null> => {
  const args = ['--no-optional-locks', 'status', '--porcelain', '-z', '--no-renames', '--untracked-files=all'];
  const { code, out } = await git(root, args);
  if (code !== 0) return null;
  const paths = out.split('\0').flatMap((entry) => (entry === '' ? [] : [entry.slice(3)]));
  return paths.filter((file) => !file.endsWith('/'));
};

/**
 * The stretches of a file that differ from the last commit, in the file as it lies on the disk; `all`: no commit has it; null where git cannot say.
 * `path` from the root.
 */
export const uncommittedIn = async (
  root: string,
  path: string,
): Promise<readonly LineChange['after'][] | 'all' | null> => {
  const literal = ['--no-optional-locks', '--literal-pathspecs'];
  const listed = await git(root, [...literal, 'ls-tree', '-z', '--full-tree', 'HEAD', '--', path]);
  // Without any commit there is no HEAD.
  if (listed.code !== 0 || listed.out === '') return typeof listed.code === 'number' ? 'all' : null;
  const shown = ['diff', '--no-ext-diff', '--no-textconv', '--no-color', '--no-renames', '--unified=0', 'HEAD'];
  const { code, out } = await git(root, [...literal, ...shown, '--', path]);
  if (code !== 0) return null;
  return parsePatch(out).flatMap(({ changes }) =>
    changes.flatMap(({ after }) => (after.lines.length > 0 ? after : [])),
  );
};

/** What a path is in a commit. `none`: nothing; `other`: no text of a file, or git cannot say. */
export type FileThere =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'other' };

/** Reads a file of a commit in a bare repository of this machine. `path` from its root, of untrusted origin. */
export const fileInCommit = async (gitDirectory: string, commit: string, path: string): Promise<FileThere> => {
  const listed = await git(gitDirectory, [
    '--literal-pathspecs',
    'ls-tree',
    '-z',
    '--end-of-options',
    commit,
    '--',
    path,
  ]);
  if (listed.code !== 0) return { kind: 'other' };
  if (listed.out === '') return { kind: 'none' };
  const blob = /^100(?:644|755) blob ([0-9a-f]+)\t/.exec(listed.out)?.[1];
  if (blob === undefined) return { kind: 'other' };
  const { code, out } = await git(gitDirectory, ['cat-file', 'blob', blob]);
  return code === 0 && !out.includes('\0') && !out.includes('\uFFFD') ? { kind: 'text', text: out } : { kind: 'other' };
};

/** A file's path within a repository, with `/`; the file need not exist any more. */
export const pathWithin = async (root: string, file: string): Promise<string> => {
  const real = await realpath(file).catch(async () => {
    const folder = await realpath(path.dirname(file)).catch(() => path.dirname(file));
    return path.join(folder, path.basename(file));
  });
  const relative = path.relative(root, real);
  return relative === '' ? '.' : relative.split(path.sep).join('/');
};
