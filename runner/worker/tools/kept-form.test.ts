import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { applyPatch } from './apply-patch.ts';
import { edit } from './edit.ts';
import { openTree } from './fixture.ts';
import { read } from './read.ts';
import { search } from './search.ts';
import { write } from './write.ts';

const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');
const patch = (name: string, lines: readonly string[]): string =>
  ['*** Begin Patch', `*** Update File: ${name}`, '@@', ...lines, '*** End Patch'].join('\n');

const forms = [
  ['mixed line ends', Buffer.from('one\r\ntwo\nthree\r\n'), Buffer.from('ONE\r\nTWO\nthree\r\n')],
  ['a byte order mark', Buffer.from('\uFEFFone\ntwo\nthree\n'), Buffer.from('\uFEFFONE\nTWO\nthree\n')],
  ['UTF-16', utf16('one\r\ntwo\r\nthree\r\n'), utf16('ONE\r\nTWO\r\nthree\r\n')],
  ['Latin-1', Buffer.from('one\ntwo\nthree\n\xfc\n', 'latin1'), Buffer.from('ONE\nTWO\nthree\n\xfc\n', 'latin1')],
  ['no line end at its end', Buffer.from('one\r\ntwo\r\nthree'), Buffer.from('ONE\r\nTWO\r\nthree')],
] as const;

const calls = [
  [edit, () => ({ path: 'a.txt', old: 'one\ntwo', new: 'ONE\nTWO' })],
  [applyPatch, () => ({ patch: patch('a.txt', ['-one', '-two', '+ONE', '+TWO', ' three']) })],
  [write, (shown: string) => ({ path: 'a.txt', content: shown.replace('one', 'ONE').replace('two', 'TWO') })],
] as const;

test.each(forms.flatMap((form) => calls.map((call) => [call[0].name, form[0], call, form] as const)))(
  '%s keeps %s, given the text as read shows it',
  async (...[, , [tool, argsOf], [, before, after]]) => {
    await using tree = await openTree({ 'a.txt': before });
    const shown = await tree.run(read, { path: 'a.txt', from: null, lines: null });
    const text = shown.output.replace(/^ *\d+\t/gm, '').replace(/\[The file .*\]\n/, '');
    // Whether the last line has an end, read does not show.
    const ended = before.at(-1) === 0x0a || before.at(-2) === 0x0a;
    expect(await tree.run(tool, argsOf(ended ? text : text.trimEnd()))).toMatchObject({ outcome: 'ok' });
    expect(await readFile(path.join(tree.root, 'a.txt'))).toEqual(after);
  },
);

test('a character that the encoding of the file lacks is refused, and nothing is written', async () => {
  const before = Buffer.from('f\xfcr\n', 'latin1');
  await using tree = await openTree({ 'a.txt': before });
  for (const [tool, args] of [
    [edit, { path: 'a.txt', old: 'f', new: '→' }],
    [write, { path: 'a.txt', content: '→' }],
    [applyPatch, { patch: patch('a.txt', ['-für', '+→']) }],
  ] as const) {
    const result = await tree.run(tool, args);
    expect(result).toMatchObject({ outcome: 'error' });
    expect(result.output).toContain('Windows-1252 (or Latin-1), which has no "→" (U+2192)');
  }
  expect(await readFile(path.join(tree.root, 'a.txt'))).toEqual(before);
});

test.each([
  ['curly quotes', 'say “it”\n', 'say "it"', 'it has "“" (U+201C), "”" (U+201D), which the given text has not'],
  ['a blank that does not break', 'a\u00a0b\n', 'a b', 'it has U+00A0, which the given text has not'],
  [
    'decomposed letters',
    'cafe\u0301\n',
    'caf\u00e9',
    'it has U+0301, which the given text has not; the given text has "é" (U+00E9), which it has not',
  ],
])('an edit that fails by %s alone says so', async (...[, content, old, message]) => {
  await using tree = await openTree({ 'a.txt': content });
  const result = await tree.run(edit, { path: 'a.txt', old, new: 'x' });
  expect(result).toMatchObject({ outcome: 'error' });
  expect(result.output).toContain(`What begins in line 1 looks like it and is not the same: ${message}`);
});

test('a patch finds lines that look alike, and the context stays as the file has it', async () => {
  await using tree = await openTree({ 'a.txt': 'it’s\u00a0here\nb\n' });
  expect(await tree.run(applyPatch, { patch: patch('a.txt', [" it's here", '-b', '+c']) })).toMatchObject({
    outcome: 'ok',
  });
  expect(await tree.read()).toEqual({ 'a.txt': 'it’s\u00a0here\nc\n' });
});

test('no second file comes about whose name looks the same', async () => {
  const name = 'cafe\u0301.txt';
  await using tree = await openTree({ [name]: 'a\n' });
  for (const [tool, args] of [
    [read, { path: 'caf\u00e9.txt', from: null, lines: null }],
    [write, { path: 'caf\u00e9.txt', content: 'b' }],
    [edit, { path: 'caf\u00e9.txt', old: 'a', new: 'b' }],
  ] as const) {
    const result = await tree.run(tool, args);
    expect(result).toMatchObject({ outcome: 'error' });
    expect(result.output).toContain('a name that looks like it does');
  }
  expect(await tree.read()).toEqual({ [name]: 'a\n' });
  expect(await tree.run(edit, { path: name, old: 'a', new: 'b' })).toMatchObject({ outcome: 'ok' });
});

test('a search finds the ends of lines and the beginnings of files as read shows them', async () => {
  await using tree = await openTree(
    { 'crlf.txt': 'one\r\ntwo\r\n', 'mark.txt': '\uFEFFone\n', 'wide.txt': utf16('one\r\n') },
    { sandboxed: true },
  );
  await writeFile(path.join(tree.root, 'none.txt'), 'x\n');
  expect((await tree.run(search, { pattern: '^one$', path: null, glob: null })).output).toBe(
    'crlf.txt:1:one\nmark.txt:1:one\nwide.txt:1:one\n',
  );
});
