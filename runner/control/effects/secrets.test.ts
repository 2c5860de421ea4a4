import { expect, test } from 'vitest';
import { parsePatch } from '../../../shared/review/patch.ts';
import { plainText } from '../../../shared/review/plain-markdown.ts';
import { safeMarkdown } from '../../../shared/review/safe-markdown.ts';
import { secretsIn } from './secrets.ts';

/** Put together here, so that nobody who looks this file over finds one. */
const token = ['ghp', 'a1B2'.repeat(9)].join('_');
const key = ['-----BEGIN', 'RSA PRIVATE', 'KEY-----'].join(' ');

const patchOf = (name: string, ...lines: readonly string[]): ReturnType<typeof parsePatch> =>
  parsePatch(
    [
      `diff --git a/${name} b/${name}`,
      `--- a/${name}`,
      `+++ b/${name}`,
      `@@ -1,${lines.filter((line) => !line.startsWith('+')).length} +1,${lines.filter((line) => !line.startsWith('-')).length} @@`,
      ...lines,
      '',
    ].join('\n'),
  );

test('what is added and looks like a secret is told with where it is, and without itself', async () => {
  const found = await secretsIn(
    patchOf('src/config.js', ' const a = 1;', '+// the token', `+const t = '${token}';`),
    [],
  );
  expect(found).toEqual([expect.stringMatching(/^src\/config\.js:3: GitHub Token/)]);
  expect(found.join()).not.toContain(token);
});

test('what was there before, or is taken away, is no news', async () => {
  expect(await secretsIn(patchOf('a.js', ` '${token}'`, `-'${token}'`, '+fine'), [])).toEqual([]);
});

test('a comment that asks for files not to be looked over is none of ours to heed', async () => {
  const lines = ['+// secretlint-disable', '+// secretlint-disable-next-line', `+'${token}'`];
  expect(await secretsIn(patchOf('a.js', ...lines), [])).toHaveLength(1);
});

test('a key over several lines is one, and texts about the result are looked over, too', async () => {
  const body = Array.from({ length: 10 }, () => '+MIIEpAIBAAKCAQEAx7YhgO2fKk3m5n7p9r1t3v5x7z9B1D3F5H7J9L1N3P5R7T9V');
  const found = await secretsIn(patchOf('key.pem', `+${key}`, ...body, `+${key.replace('BEGIN', 'END')}`), [
    `It uses ${token}.`,
  ]);
  expect(found).toEqual([
    expect.stringMatching(/^key\.pem:1: /),
    expect.stringMatching(/^the text that goes with it: GitHub Token \(/),
  ]);
});

test('a text that was made plain is looked over as it is read', async () => {
  const pem = [
    key,
    ...Array.from({ length: 10 }, () => 'MIIEpAIBAAKCAQEAx7YhgO2fKk3m5n7p9r1t3v5x7z9B1D3F5H7J9L1N3P5R7T9V'),
  ];
  const lines = [...pem, key.replace('BEGIN', 'END')].join('\n');
  for (const text of [`It uses ${token}.`, lines]) {
    const found = await secretsIn([], [text]);
    expect(found).toHaveLength(1);
    expect(await secretsIn([], [plainText(text)])).toEqual(found);
    expect(await secretsIn([], [safeMarkdown(text)])).toEqual(found);
  }
});

test('a name that does something to a terminal is told as it is, and what is long and odd takes no time', async () => {
  const patch = parsePatch(
    `diff --git "a/\\033[31m.js" "b/\\033[31m.js"\n--- "a/\\033[31m.js"\n+++ "b/\\033[31m.js"\n@@ -0,0 +1 @@\n+'${token}'\n`,
  );
  const [found = ''] = await secretsIn(patch, ['AKIA'.repeat(100_000), '-----BEGIN '.repeat(10_000)]);
  expect(found).toContain('.js:1: ');
  expect(found).not.toContain('\u001b');
});
