import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactor } from './redact.ts';

const secret = 'sk-Ab+/9"x\\ü key=1';
const redact = redactor([secret]);

test.each([
  ['as it is', secret],
  ['percent-encoded', encodeURIComponent(secret)],
  ['percent-encoded in lower case', encodeURIComponent(secret).toLowerCase().replace('sk-ab', 'sk-Ab')],
  ['as a form has it', new URLSearchParams({ a: secret }).toString().slice(2)],
  ['in JSON', JSON.stringify(secret).slice(1, -1)],
  ['in JSON within JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
  ['in JSON with escapes for all that is not ASCII', JSON.stringify(secret).slice(1, -1).replace('ü', '\\u00fc')],
  ['in hex', Buffer.from(secret).toString('hex')],
  ['in upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
  [
    'in hex with colons',
    Buffer.from(secret)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:'),
  ],
])('a secret is taken out %s', (_name, text) => {
  expect(redact(`a ${text} b`)).toBe('a [redacted] b');
});

test('what is no secret stays, and so do secrets that are too short to be sure of', () => {
  expect(redactor(['short', ''])('short text')).toBe('short text');
  expect(redact('sk-Ab+/9 is the beginning of it')).toBe('sk-Ab+/9 is the beginning of it');
});

test('of two secrets the longer one goes whole, and each line of a key goes alone too', () => {
  expect(redactor(['abcdefgh', 'abcdefgh-ijkl'])('abcdefgh-ijkl abcdefgh')).toBe('[redacted] [redacted]');
  const key = `-----BEGIN KEY-----\n${'A1b2'.repeat(10)}\n${'C3d4'.repeat(10)}\n-----END KEY-----\n`;
  expect(redactor([key])(`x\n${'C3d4'.repeat(10)}\ny -----BEGIN KEY-----`)).toBe(
    'x\n[redacted]\ny -----BEGIN KEY-----',
  );
  expect(redactor([key])(key)).toBe('[redacted]\n');
});

/** What of base64 text is left when it is decoded as far as it goes. */
const decoded = (text: string): string => Buffer.from(text, 'base64').toString('latin1');

test('base64 of a text that holds a secret gives it away at no alignment, in no alphabet, broken into lines or not', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 }),
      fc.string({ maxLength: 7 }),
      fc.string({ maxLength: 7 }),
      (any, before, after) => {
        const known = any.trim();
        fc.pre(known.length >= 8);
        const encoded = Buffer.from(before + known + after);
        const plain = encoded.toString('base64');
        for (const text of [plain, encoded.toString('base64url'), plain.replace(/.{19}/g, '$&\n')]) {
          const left = redactor([known])(text);
          expect(left).toContain('[redacted]');
          expect(left.split('[redacted]').map(decoded).join(' ')).not.toContain(known.slice(1, -1));
        }
      },
    ),
  );
});

test('no text that is given keeps a secret, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 8, maxLength: 40 }),
      fc.string(),
      fc.string(),
      (any, before, after) => {
        const known = any.trim();
        fc.pre(known.length >= 8 && known.isWellFormed() && !'[redacted]'.includes(known));
        const hide = redactor([known]);
        const text = before.toWellFormed() + known + after.toWellFormed();
        expect(hide(text)).not.toContain(known);
        for (const encode of [encodeURIComponent, (value: string) => JSON.stringify(value)])
          expect(hide(encode(text))).toContain('[redacted]');
      },
    ),
    { numRuns: 30 },
  );
});

test('a megabyte is read in well under a second', () => {
  const secrets = Array.from({ length: 8 }, (_, index) => `secret-number-${index}-${'x'.repeat(40)}`);
  const text = 'the quick brown fox %20 \\n 61:62 YWJj '.repeat(28_000);
  const began = performance.now();
  expect(redactor(secrets)(text)).toBe(text);
  expect(redactor(['\\'.repeat(20) + 'abc'])('\\'.repeat(100_000))).toBe('\\'.repeat(100_000));
  expect(performance.now() - began).toBeLessThan(10_000);
});
