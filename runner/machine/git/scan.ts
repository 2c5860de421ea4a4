import { lstatSync } from 'node:fs';
import { git, gitOrThrow, joinNul, pathBytes, splitNul, unexpected, type GitOptions, type GitResult } from './git.ts';

/** A repository, its work tree and the index to bring up to date. Cannot be the index that a person uses. */
export interface ScanOptions extends GitOptions {
  readonly gitDirectory: string;
  readonly workTree: string;
  readonly index: string;
}

/** `nested` are untracked git repositories inside the work tree, as paths ending in a slash. `errors` is what git complained about. */
export interface Scan {
  readonly changed: number;
  readonly nested: readonly string[];
  readonly errors: string;
}

/** No file can be opened by a longer relative path (PATH_MAX with its NUL); a command can still make one, step by step. */
const longestPath = 4095;

const absolute = (root: string, path: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), pathBytes(path)]);

/** Only a file, a link or (for a submodule) a folder can be in an index; a pipe or a socket in its place means it is gone. */
const isStorable = (root: string, path: string): boolean => {
  const found = lstatSync(absolute(root, path), { throwIfNoEntry: false });
  return found !== undefined && (found.isFile() || found.isSymbolicLink() || found.isDirectory());
};

/** Untracked, not ignored paths; with `into`, those of nested repositories too, each by the ignore rules it brings. */
const listUntracked = async (
  options: ScanOptions,
  into: boolean,
): Promise<{ files: string[]; nested: string[]; errors: string }> => {
  const args = ['ls-files', '-z', '--others', '--exclude-standard'];
  const result = await git(args, options);
  if (!result.ok) throw unexpected(args, result);
  const paths = splitNul(result.output);
  const files = paths.filter((path) => !path.endsWith('/') && path.length <= longestPath);
  const nested = paths.filter((path) => path.endsWith('/'));
  let errors = result.errors;
  if (into) {
    for (const path of nested) {
      const name = pathBytes(path).toString();
      // A process gets its folder as text: a name that is not UTF-8 cannot be passed, and such a repository stays out.
      if (!Buffer.from(name).equals(pathBytes(path))) continue;
      const workTree = `${options.workTree}/${name.slice(0, -1)}`;
      const inner = await listUntracked(
        { ...options, folder: workTree, workTree, index: `${options.index}.none` },
        true,
      );
      for (const file of inner.files) files.push(`${path}${file}`);
      errors = [errors, inner.errors].filter((text) => text !== '').join('\n');
    }
  }
  return { files, nested, errors };
};

const trackedChanges = async (options: ScanOptions): Promise<{ gone: string[]; present: string[] }> => {
  const fields = splitNul(
    await gitOrThrow(['diff-files', '-z', '--name-status', '--no-renames', '--ignore-submodules=dirty'], options),
  );
  const gone: string[] = [];
  const present: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const status = fields[at] ?? '';
    const path = fields[at + 1] ?? '';
    if (status !== 'D' && isStorable(options.workTree, path)) present.push(path);
    else gone.push(path);
  }
  return { gone, present };
};

/**
 * Brings an index up to what is in its work tree: changed, new and deleted files; not the ignored ones, and no pipes,
 * sockets or devices. Follows no symbolic link. Plumbing instead of `git add`, which dies of a repository without commits inside the tree and of names like `.GIT`.
 *
 * `nested` says what becomes of an untracked repository inside the tree: its files are `content`, or it is `left` out.
 * A file that git cannot read makes the result a failure, or is missing with a complaint in `errors`.
 */
export const scan = async (
  options: ScanOptions,
  nested: 'content' | 'left',
): Promise<{ readonly ok: true; readonly scan: Scan } | Extract<GitResult, { ok: false }>> => {
  const [tracked, untracked] = await Promise.all([
    trackedChanges(options),
    listUntracked(options, nested === 'content'),
  ]);
  if (tracked.gone.length > 0) {
    await gitOrThrow(['update-index', '-z', '--force-remove', '--stdin'], { ...options, input: joinNul(tracked.gone) });
  }
  const paths = [...tracked.present, ...untracked.files];
  if (paths.length > 0) {
    const args = ['update-index', '-z', '--add', '--remove', '--replace', '--stdin'];
    const result = await git(args, { ...options, input: joinNul(paths) });
    if (!result.ok) return result;
  }
  return {
    ok: true,
    scan: { changed: tracked.gone.length + paths.length, nested: untracked.nested, errors: untracked.errors },
  };
};
