import { expect, test } from 'vitest';
import { imageFault, imageTypeOf, mostImageBytes } from './image.ts';

const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part)));

const png = bytes([0x89], 'PNG\r\n\x1a\n', [0, 0, 0, 13]);

test.each([
  ['a PNG', png, 'image/png'],
  ['a JPEG', bytes([0xff, 0xd8, 0xff, 0xe0], 'JFIF'), 'image/jpeg'],
  ['a GIF', bytes('GIF89a', [1, 0]), 'image/gif'],
  ['a GIF of the older kind', bytes('GIF87a'), 'image/gif'],
  ['a WebP', bytes('RIFF', [4, 0, 0, 0], 'WEBP'), 'image/webp'],
  ['a sound in the same container', bytes('RIFF', [4, 0, 0, 0], 'WAVE'), null],
  ['a drawing in XML', bytes('<svg xmlns="'), null],
  ['the beginning of a PNG', png.subarray(0, 4), null],
  ['nothing', bytes(), null],
] as const)('%s is known by its first bytes', (_name, content, type) => {
  expect(imageTypeOf(content)).toBe(type);
});

test.each([
  [png, 100, null],
  [png, mostImageBytes, null],
  [png, mostImageBytes + 200_000, 'has 5.2 MB; up to 5 MB are taken'],
  [bytes('%PDF-1.7'), 100, 'is no PNG, JPEG, WebP or GIF'],
  [bytes(), 0, 'is empty'],
] as const)('what is wrong with an image is said', (head, size, fault) => {
  expect(imageFault(head, size)).toBe(fault);
});
