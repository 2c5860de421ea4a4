import { z } from 'zod';
import { BlobHash } from './artifacts.ts';

/** What every API of models takes that takes images. */
const ImageType = z.enum(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);
export type ImageType = z.infer<typeof ImageType>;

/** What those APIs take of one image, and how many go with a goal. */
export const mostImageBytes = 5_000_000;
export const mostImages = 8;

/** What a person calls it: the name of its file. */
export const ImageName = z.string().trim().min(1).max(255);

/** An image that goes with the goal. `mediaType` is by its first bytes, whatever its name ends with. */
export const AttachedImage = z.strictObject({
  name: ImageName,
  mediaType: ImageType,
  bytes: z.int().positive().max(mostImageBytes),
  blob: BlobHash,
});
export type AttachedImage = z.infer<typeof AttachedImage>;

/** Bytes of the beginning that say which it is. */
export const imageHeadBytes = 12;

const begins = (content: Uint8Array, at: number, ...bytes: readonly number[]): boolean =>
  bytes.every((byte, index) => content[at + index] === byte);
const codes = (text: string): readonly number[] => Array.from(text, (char) => char.charCodeAt(0));

/** What kind of image begins so; null: none that is taken. */
export const imageTypeOf = (content: Uint8Array): ImageType | null => {
  if (begins(content, 0, 0x89, ...codes('PNG\r\n\x1a\n'))) return 'image/png';
  if (begins(content, 0, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (begins(content, 0, ...codes('GIF87a')) || begins(content, 0, ...codes('GIF89a'))) return 'image/gif';
  if (begins(content, 0, ...codes('RIFF')) && begins(content, 8, ...codes('WEBP'))) return 'image/webp';
  return null;
};

/** `PNG`. */
export const imageKind = (type: ImageType): string => type.slice('image/'.length).toUpperCase();

/** What is wrong with an image to attach, as the end of a sentence that begins with its name; null: nothing. */
export const imageFault = (head: Uint8Array, bytes: number): string | null => {
  if (bytes === 0) return 'is empty';
  if (imageTypeOf(head) === null) return 'is no PNG, JPEG, WebP or GIF';
  return bytes > mostImageBytes ? `has ${(bytes / 1_000_000).toFixed(1)} MB; up to 5 MB are taken` : null;
};
