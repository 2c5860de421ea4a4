import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from './encoding.ts';

const utf16 = (text: string, big: boolean) => {
  const body = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return big ? body.swap16() : body;
};

test.each([
  ['plain UTF-8', Buffer.from('ü\r\n'), { text: 'ü\r\n', encoding: { charset: 'UTF-8', mark: false } }],
  ['UTF-8 with its mark', Buffer.from('\uFEFFü'), { text: 'ü', encoding: { charset: 'UTF-8', mark: true } }],
  ['UTF-16, little end first', utf16('ü😀', false), { text: 'ü😀', encoding: { charset: 'UTF-16LE', mark: true } }],
  ['UTF-16, big end first', utf16('ü😀', true), { text: 'ü😀', encoding: { charset: 'UTF-16BE', mark: true } }],
  [
    'Windows-1252',
    Buffer.from([0x66, 0xfc, 0x80, 0x93, 0x0a]),
    { text: 'fü€“\n', encoding: { charset: 'Windows-1252', mark: false } },
  ],
  ['no bytes', Buffer.alloc(0), { text: '', encoding: { charset: 'UTF-8', mark: false } }],
  ['a NUL', Buffer.from('a\0b'), null],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), null],
  ['half a unit of UTF-16', Buffer.from([0xff, 0xfe, 0x61]), null],
  ['half a pair of UTF-16', Buffer.from([0xff, 0xfe, 0x00, 0xd8]), null],
  ['a mark of UTF-8 before what is none', Buffer.from([0xef, 0xbb, 0xbf, 0xff]), null],
  ['control characters', Buffer.from([0x1f, 0x8b, 0x08, 0xff]), null],
])('%s is told from its bytes', (...[, content, expected]) => {
  expect(decode(content)).toEqual(expected);
});

test('whatever can be read is written back byte for byte', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: 'binary' }).map((text) => utf16(text, false)),
    fc.uint8Array({ min: 0x20 }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      const decoded = decode(Buffer.from(given));
      if (decoded === null) return;
      expect(encode(decoded.text, decoded.encoding)).toEqual({ outcome: 'ok', content: Buffer.from(given) });
    }),
  );
});

test('a character that the encoding lacks is refused by its name', () => {
  expect(encode('a → b', { charset: 'Windows-1252', mark: false })).toEqual({
    outcome: 'refused',
    message:
      'The file is encoded in Windows-1252 (or Latin-1), which has no "→" (U+2192). Do without it, or convert the file first with bash: iconv -f WINDOWS-1252 -t UTF-8.',
  });
});

test('a model that writes the mark itself does not double it', () => {
  expect(encode('\uFEFFa', { charset: 'UTF-8', mark: true })).toEqual({
    outcome: 'ok',
    content: Buffer.from('\uFEFFa'),
  });
});
