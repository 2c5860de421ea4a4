import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeBack } from './take-back.ts';

const MiB = 1024 * 1024;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'take-back-'));
  await mkdir(join(folder, 'tree'));
  await writeFile(join(folder, 'mine'), 'mine');
});
afterEach(() => rm(folder, { recursive: true }));

type Sections = readonly (readonly [name: string, content: string, bytes?: number])[];

const printed: string[] = [];
const take = async (sections: Sections, change: (packed: Buffer) => Buffer = (packed) => packed) => {
  printed.length = 0;
  const text = sections.map(([name, content, bytes]) => `${name} ${bytes ?? content.length}\n${content}`).join('');
  await writeFile(join(folder, 'pack.gz'), change(gzipSync(Buffer.from(text, 'latin1'))));
  return takeBack(
    join(folder, 'pack.gz'),
    { argv: ['true'], timeoutMs: 1, network: [], maxOutputBytes: 8 },
    {
      options: {
        workspace: join(folder, 'tree'),
        home: null,
        scratch: folder,
        user: null,
        readable: [],
        limits: { memoryBytes: MiB, processes: 64, fileBytes: MiB, tmpBytes: MiB, workspaceBytes: MiB },
      },
      outlets: {
        onOutput: (chunk) => void printed.push(chunk.toString('latin1')),
        onCut: (bytes) => void printed.push(`(${bytes})`),
      },
    },
  );
};

const ended: Sections = [['code', '0\n']];
const file = (path: string, content: string): Sections => [
  ...ended,
  ['changed', `f 644 ${content.length} 1.5 7 ${path}\0`],
  ['content', content],
];

test('a pack is read to its end, and what it says is so then', async () => {
  const entries = ['d 755 0 0 0 sub', 'f 600 5 1.5 7 sub/file', 'l 777 1 1.5 8 sub/link'].map((each) => `${each}\0`);
  const sections: Sections = [
    ...ended,
    ['head', 'ab'],
    ['rest', '12\n'],
    ['tail', 'yz'],
    ['gone.out', 'old\0'],
    ['changed', entries.join('')],
    ['links', 'file\0'],
    ['content', 'hello'],
  ];
  await writeFile(join(folder, 'tree/old'), '');
  expect(await take(sections)).toEqual({ outcome: 'exited', exitCode: 0 });
  expect(printed).toEqual(['ab', '(10)', 'yz']);
  expect(await readdir(join(folder, 'tree'))).toEqual(['sub']);
  expect(await readFile(join(folder, 'tree/sub/link'), 'utf8')).toBe('hello');
});

test.each<[string, Sections, RegExp]>([
  ['that leads out of the tree', file('../mine', 'evil'), /is no entry of a tree/],
  ['that leads out further in', file('a/../../mine', 'evil'), /is no entry of a tree/],
  ['that is absolute', file('/etc/x', 'evil'), /is no entry of a tree/],
  ['to be removed that leads out', [...ended, ['gone.out', '../mine\0']], /is no entry of a tree/],
  ['of no kind that there is', [...ended, ['changed', 'b 644 0 1.5 7 disk\0'], ['content', '']], /is no entry/],
  ['whose link has no target', [...ended, ['changed', 'l 777 1 1.5 7 link\0'], ['content', '']], /no target of link/],
  [
    'with fewer bytes than it says',
    [...ended, ['changed', 'f 644 9 1.5 7 a\0'], ['content', 'abc']],
    /3 bytes for files of 9/,
  ],
  ['beyond what the tree may hold', [...ended, ['content', '', 2 ** 40]], /where 1048576 may be/],
])('an entry %s is not taken', async (_what, sections, complaint) => {
  await expect(take(sections)).rejects.toThrow(complaint);
  expect([await readdir(join(folder, 'tree')), await readFile(join(folder, 'mine'), 'utf8')]).toEqual([[], 'mine']);
});

test.each<[string, Sections, RegExp]>([
  ['more output than was asked for', [...ended, ['head', 'x'.repeat(9)]], /at most 8 can be/],
  ['something that nobody asked for', [...ended, ['surprise', '']], /"surprise", which nobody asked for/],
  ['something that is no section', [['no section', '']], /cannot be read/],
  ['no word on how it ended', [['head', '']], /did not say how the command ended/],
  ['an end that is no number', [['code', 'zero']], /did not say how the command ended/],
])('a pack with %s is refused', async (_what, sections, complaint) => {
  await expect(take(sections)).rejects.toThrow(complaint);
});

test('a pack that is cut off, or none at all, is refused', async () => {
  await expect(take([...ended, ['head', 'ab', 8]])).rejects.toThrow('cut off');
  await expect(take(ended, (packed) => packed.subarray(0, -6))).rejects.toThrow();
  await expect(take(ended, () => Buffer.from('no gzip'))).rejects.toThrow();
});

test('a tree that outgrew its quota is said to have, whatever else there is', async () => {
  expect(await take([...ended, ['limit', '']])).toEqual({ outcome: 'limit' });
});
