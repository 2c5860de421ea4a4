import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { appendFileSync, chmodSync } from 'node:fs';
import path from 'node:path';
import { gitIn } from './repository.ts';
import { openFolder } from './rig.ts';

/** What of the tree below is ignored: by rules in the tree, in the repository, and in a folder of their own. */
const ignored = ['app.log', 'build/out.js', 'private.txt', 'area0/cache/x'] as const;

/** A repository of so many files in one commit, then changed in every way that a tree can be without being committed. */
export const dirtyRepository = async (files: number): Promise<string> => {
  const folder = path.join(await openFolder('longhaul-repository-'), 'repository');
  const at = (name: string): string => path.join(folder, name);
  const put = (name: string, content: string | Buffer): void => {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), content);
  };
  const git = (...args: string[]): string => gitIn(folder, ...args);
  for (let index = 0; index < files - 10; index += 1)
    put(`area${index % 50}/folder${index % 7}/file${index}.txt`, `file ${index}\n${'line\n'.repeat(index % 40)}`);
  put('.gitignore', '*.log\n/build/\n');
  put('area0/.gitignore', 'cache/\n');
  put('tracked.log', 'tracked although it is ignored\n');
  put('run.sh', '#!/bin/sh\necho run\n');
  put('plain.sh', '#!/bin/sh\necho plain\n');
  put('image.bin', randomBytes(50_000));
  put('crlf.txt', 'one\r\ntwo\r\n');
  put('space and ümlaut "quoted".txt', 'name\n');
  put('becomes-link', 'a file\n');
  put('becomes-folder', 'a file\n');
  chmodSync(at('run.sh'), 0o755);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('add', '--force', 'tracked.log');
  git('commit', '--quiet', '--message=Begin');
  git('branch', 'other');
  git('tag', 'v1');
  put('area1/folder1/file1.txt', 'stashed\n');
  git('stash', 'push', '--quiet', '--message=aside');

  appendFileSync(at('area2/folder2/file2.txt'), 'modified\n');
  put('area3/folder3/file3.txt', 'staged\n');
  git('add', 'area3/folder3/file3.txt');
  put('area4/folder4/file4.txt', 'staged\n');
  git('add', 'area4/folder4/file4.txt');
  appendFileSync(at('area4/folder4/file4.txt'), 'and modified again\n');
  put('new/untracked.txt', 'untracked\n');
  put('new/staged.txt', 'new and staged\n');
  git('add', 'new/staged.txt');
  put('new/intended.txt', 'added by intent\n');
  git('add', '--intent-to-add', 'new/intended.txt');
  rmSync(at('area5/folder5/file5.txt'));
  git('rm', '--quiet', 'area6/folder6/file6.txt');
  git('rm', '--quiet', '--cached', 'area7/folder0/file7.txt');
  git('mv', 'area8/folder1/file8.txt', 'moved.txt');
  renameSync(at('area9/folder2/file9.txt'), at('moved-unstaged.txt'));
  chmodSync(at('plain.sh'), 0o755);
  chmodSync(at('run.sh'), 0o644);
  put('image.bin', randomBytes(60_000));
  put('new/more.bin', Buffer.from([0, 255, 1, 254, 10, 13, 0]));
  symlinkSync('run.sh', at('link'));
  symlinkSync('/nowhere/at all', at('new/dangling'));
  symlinkSync('area10', at('folder-link'));
  rmSync(at('becomes-link'));
  symlinkSync('plain.sh', at('becomes-link'));
  rmSync(at('becomes-folder'));
  put('becomes-folder/inside.txt', 'inside\n');
  put('empty.txt', '');
  appendFileSync(at('tracked.log'), 'and modified\n');
  writeFileSync(at('.git/info/exclude'), 'private.txt\n');
  for (const name of ignored) put(name, 'ignored\n');
  return folder;
};

/**
 * Prints a line for each file and link below the working folder, in the order of their bytes: kind, whether it can be
 * executed, digest or target, path. What git itself keeps there is left out.
 */
export const manifestScript = [
  `find . -path ./.git -prune -o -type l -printf 'link - %l %P\\n'`,
  `find . -path ./.git -prune -o -type f -perm -u+x -print0 | xargs -0r sha256sum -z | tr '\\0' '\\n' | sed -E 's|^(\\S+)  ./|file x \\1 |'`,
  `find . -path ./.git -prune -o -type f ! -perm -u+x -print0 | xargs -0r sha256sum -z | tr '\\0' '\\n' | sed -E 's|^(\\S+)  ./|file - \\1 |'`,
].join('; ');

export const sortedLines = (text: string): string[] => text.split('\n').filter(Boolean).toSorted();

/** The same of a folder on this machine, less what is ignored. */
export const manifestOf = (folder: string): string[] => {
  const printed = execFileSync('bash', ['-c', manifestScript], { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 });
  return sortedLines(printed).filter((line) => !ignored.some((name) => line.endsWith(` ${name}`)));
};

/** Every file of a repository's own data with the digest of its bytes. */
export const gitData = (repository: string): Record<string, string> => {
  const root = path.join(repository, '.git');
  const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry): [string, string] => {
        const file = path.join(entry.parentPath, entry.name);
        return [path.relative(root, file), entry.isSymbolicLink() ? readlinkSync(file) : digest(file)];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
};

/** What a person sees of it; with no refresh of the index on the way. */
export const gitView = (repository: string): Record<string, string> => ({
  status: gitIn(repository, '--no-optional-locks', 'status', '--porcelain=v2', '--branch', '--ignored', '-z'),
  stash: gitIn(repository, 'stash', 'list', '--format=%H %gd %gs'),
  head: gitIn(repository, 'rev-parse', 'HEAD') + readFileSync(path.join(repository, '.git/HEAD'), 'utf8'),
  refs: gitIn(repository, 'for-each-ref'),
});
