import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { calls, together, type Answer } from '../fakes/openai/index.ts';
import { gitIn, repositoryWith } from './repository.ts';
import { openFolder } from './rig.ts';

/** A repository as somebody has it, and one run on it. */
export interface Prepared {
  /** The folder that is delegated from, and applied to. */
  readonly from: string;
  /** The model's only turn before it finishes. */
  readonly turn: Answer;
  /** Runs in the folder that is delegated from; sees the agent's change. */
  readonly verify: string;
  /** Files of `from` after the result was applied. */
  readonly applied: Readonly<Record<string, string | Buffer>>;
}

export interface Kind {
  readonly name: string;
  /** What the run has of it, for the documentation. */
  readonly doc: string;
  /** Of the notes that person and agent get before the run begins; null: there is nothing to say. */
  readonly note: RegExp | null;
  readonly prepare: () => Promise<Prepared>;
}

const edit = (file: string, from: string, to: string): Answer => calls('edit', { path: file, old: from, new: to });
const notes = edit('notes.txt', 'begin', 'done');
const plain = { 'notes.txt': 'begin\n' };
const changed = { 'notes.txt': 'done\n' };
const done = 'grep -q done notes.txt';

/** Everywhere the same change; what is special is around it. */
const ordinary = (from: string, verify = done): Prepared => ({ from, turn: notes, verify, applied: changed });

const write = (folder: string, name: string, content: string | Buffer): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
};
const commit = (folder: string): string => {
  gitIn(folder, 'add', '--all');
  gitIn(folder, 'commit', '--quiet', '--message=More');
  return folder;
};

const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 7\n';
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

export const kindsOfRepository: readonly Kind[] = [
  {
    name: 'files in Git LFS',
    doc: 'pointer files, which a run does not change; said before it begins',
    note: /^The contents of Git LFS do not come along, the worker sees their pointer files: large\.bin/,
    prepare: async () => {
      const attributes = '*.bin filter=lfs diff=lfs merge=lfs -text\n';
      const from = await repositoryWith({ ...plain, '.gitattributes': attributes, 'large.bin': pointer });
      const prepared = ordinary(from, `${done} && grep -q git-lfs large.bin`);
      return { ...prepared, applied: { ...changed, 'large.bin': pointer } };
    },
  },
  {
    name: 'submodules',
    doc: 'their folders are not there; said before it begins',
    note: /^Submodules do not come along, the worker does not see their files: lib/,
    prepare: async () => {
      const library = await repositoryWith({ 'lib.txt': 'library\n' });
      const from = await repositoryWith(plain);
      gitIn(from, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
      const prepared = ordinary(commit(from), `${done} && test ! -e lib/lib.txt`);
      return { ...prepared, applied: { ...changed, 'lib/lib.txt': 'library\n' } };
    },
  },
  {
    name: 'a sparse checkout',
    doc: 'all files; what changes outside of the checkout is applied as a branch; said before it begins',
    note: /^This is a sparse checkout/,
    prepare: async () => {
      const from = await repositoryWith({ 'a/notes.txt': 'begin\n', 'b/other.txt': 'other\n' });
      gitIn(from, 'sparse-checkout', 'set', 'a');
      const turn = edit('a/notes.txt', 'begin', 'done');
      return {
        from,
        turn,
        verify: 'grep -q done a/notes.txt && test -e b/other.txt',
        applied: { 'a/notes.txt': 'done\n' },
      };
    },
  },
  {
    name: 'a repository within it',
    doc: 'the inner one stays behind; said before it begins',
    note: /inner/,
    prepare: async () => {
      const from = await repositoryWith(plain);
      const inner = await repositoryWith({ 'inner.txt': 'inner\n' });
      execFileSync('cp', ['-a', inner, path.join(from, 'inner')]);
      const prepared = ordinary(from, `${done} && test ! -e inner/inner.txt`);
      return { ...prepared, applied: { ...changed, 'inner/inner.txt': 'inner\n' } };
    },
  },
  {
    name: 'a shallow clone',
    doc: 'as any other: a run needs no history',
    note: null,
    prepare: async () => {
      const origin = await repositoryWith({ ...plain, 'older.txt': '1\n' });
      write(origin, 'older.txt', '2\n');
      commit(origin);
      const from = path.join(await openFolder('longhaul-shallow-'), 'clone');
      gitIn(origin, 'clone', '--quiet', '--depth=1', `file://${origin}`, from);
      return ordinary(from);
    },
  },
  {
    name: 'no commits yet',
    doc: 'the working tree',
    note: null,
    prepare: async () => {
      const from = await openFolder('longhaul-empty-');
      gitIn(from, 'init', '--quiet', '--initial-branch=main');
      write(from, 'notes.txt', 'begin\n');
      return ordinary(from);
    },
  },
  {
    name: 'a linked work tree',
    doc: 'as any other; the main one is not touched',
    note: null,
    prepare: async () => {
      const main = await repositoryWith(plain);
      const from = path.join(await openFolder('longhaul-linked-'), 'linked');
      gitIn(main, 'worktree', 'add', '--quiet', '-b', 'other', from);
      return {
        ...ordinary(from),
        applied: { ...changed, [path.join(path.relative(from, main), 'notes.txt')]: 'begin\n' },
      };
    },
  },
  {
    name: 'mixed line ends',
    doc: 'each line keeps its own',
    note: null,
    prepare: async () => ({
      from: await repositoryWith({ 'mixed.txt': 'one\r\ntwo\nthree\r\n' }),
      turn: edit('mixed.txt', 'two\nthree', 'zwei\ndrei'),
      verify: `test "$(od -An -c mixed.txt | tr -d ' \\n')" = 'one\\r\\nzwei\\ndrei\\r\\n'`,
      applied: { 'mixed.txt': 'one\r\nzwei\ndrei\r\n' },
    }),
  },
  {
    name: 'Latin-1, UTF-16, byte order marks',
    doc: 'edited in their own encoding',
    note: null,
    prepare: async () => {
      const from = await repositoryWith(plain);
      write(from, 'latin.txt', latin1('caf\u00e9 begin\n'));
      write(from, 'wide.txt', utf16('caf\u00e9 begin\r\n'));
      write(from, 'marked.txt', '\ufeffcaf\u00e9 begin\n');
      commit(from);
      const [first, ...rest] = ['latin.txt', 'wide.txt', 'marked.txt'].map((file) => edit(file, 'begin', 'd\u00f6ne'));
      return {
        from,
        turn: together(first!, ...rest),
        verify: 'test "$(wc -c <latin.txt)" = 10 && test "$(wc -c <wide.txt)" = 24',
        applied: {
          'latin.txt': latin1('caf\u00e9 d\u00f6ne\n'),
          'wide.txt': utf16('caf\u00e9 d\u00f6ne\r\n'),
          'marked.txt': '\ufeffcaf\u00e9 d\u00f6ne\n',
        },
      };
    },
  },
  {
    name: 'odd names',
    doc: 'blanks, quotes, line ends, decomposed letters; what is no UTF-8 can be used by commands alone, which is said',
    note: /^Names that are no UTF-8 can be used by commands alone/,
    prepare: async () => {
      const odd = '-n "quoted"\n\'and\' cafe\u0301 \u{1f600}.txt';
      const from = await repositoryWith({ ...plain, [odd]: 'begin\n' });
      writeFileSync(Buffer.concat([Buffer.from(`${from}/caf`), Buffer.from([0xe9])]), 'latin name\n');
      return {
        from: commit(from),
        turn: together(edit(odd, 'begin', 'done'), notes),
        verify: `grep -rq done ./-n* && cat caf[!a-z]* | grep -q latin`,
        applied: { ...changed, [odd]: 'done\n' },
      };
    },
  },
  {
    name: 'one package of a monorepo',
    doc: 'all of the repository; `--setup` and `--verify` run in the folder; said before it begins',
    note: /^Delegated from the folder packages\/a/,
    prepare: async () => {
      const root = await repositoryWith({ 'packages/a/notes.txt': 'begin\n', 'packages/b/other.txt': 'other\n' });
      const turn = edit('packages/a/notes.txt', 'begin', 'done');
      return {
        from: path.join(root, 'packages/a'),
        turn,
        verify: `${done} && test -e ../b/other.txt`,
        applied: changed,
      };
    },
  },
  {
    name: 'a path through a symbolic link',
    doc: 'as any other',
    note: null,
    prepare: async () => {
      const real = await repositoryWith(plain);
      const link = path.join(await openFolder('longhaul-link-'), 'link');
      symlinkSync(real, link);
      return ordinary(link);
    },
  },
];

/** Only root can give files away. */
export const ofSomebodyElse = async (): Promise<Prepared> => {
  const from = await repositoryWith(plain);
  const files = execFileSync('find', [path.dirname(from), '-print0'], { encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);
  for (const file of files) chownSync(file, 12_345, 12_345);
  return ordinary(from);
};
