import type { ReviewFile } from '../../../shared/review/review-file.ts';

const encoder = new TextEncoder();

/**
 * The whole content of a file that was added or deleted, which its patch holds already: a thousand new files need no thousand requests.
 * Null where it is not sure to be every byte: a file with two sides, or one whose text is not UTF-8.
 */
export const contentFromPatch = ({ file, hunks }: ReviewFile): Uint8Array | null => {
  const version = file.before === null ? file.after : file.after === null ? file.before : null;
  const [hunk] = hunks;
  if (version === null || hunk === undefined || hunks.length > 1) return null;
  const text = hunk.lines.map((line) => line.text).join('');
  if (text.includes('\uFFFD')) return null;
  const content = encoder.encode(text);
  return content.length === version.bytes ? content : null;
};
