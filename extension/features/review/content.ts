import { t } from '@vscode/l10n';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { FileVersion } from '../../../shared/run/artifacts.ts';
import { visible } from '../../../shared/text/clean.ts';
import { isImage } from '../../ground/files/image.ts';
import type { Content } from './address.ts';

const encoder = new TextEncoder();

/**
 * The whole content of a file that was added or deleted, which its patch holds already: a thousand new files need no thousand requests.
 * Null where it is not sure to be every byte: a file with two sides, or one whose text is not UTF-8.
 */
export const contentFromPatch = ({ file, changes }: Pick<ReviewFile, 'file' | 'changes'>): Uint8Array | null => {
  const side = file.before === null ? 'after' : file.after === null ? 'before' : null;
  const [change] = changes;
  if (side === null || change === undefined || changes.length > 1) return null;
  const text = change[side].lines.join('');
  if (text.includes('\uFFFD')) return null;
  const content = encoder.encode(text);
  return content.length === file[side]?.bytes ? content : null;
};

/** An image of one transparent pixel: the preview calls one without bytes broken. */
const noImage = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=',
  'base64',
);

const kinds: Readonly<Record<FileVersion['mode'], string>> = {
  '100644': t('File'),
  '100755': t('Executable file'),
  '120000': t('Link'),
};

type Read = Extract<Content, { readonly as: 'text' | 'image' }>;

/** Whether a document shows the bytes of its version, and not what is to be said in their place. */
export const isRead = (content: Content): content is Read => content.as === 'text' || content.as === 'image';

/** What a document shows that does not show the bytes of its version. */
export const contentOf = (content: Exclude<Content, Read>, path: string): Uint8Array => {
  if (content.as === 'nothing') return isImage(path) ? noImage : new Uint8Array();
  const { mode, bytes, blob } = content;
  const size = bytes.toLocaleString('en-US');
  const lines = [visible(path), t('{0} (mode {1})', kinds[mode], mode), t('{0} bytes', size), `SHA-256 ${blob}`];
  return encoder.encode(`${lines.join('\n')}\n`);
};

/** How a version is shown: where it has no text, and in a list where its text is that of the other side, too, by a notice. */
export const shownAs = (
  version: FileVersion | null,
  { same, binary, alone }: { readonly same: boolean; readonly binary: boolean; readonly alone: boolean },
): Content => {
  if (version === null) return { as: 'nothing' };
  const { blob, bytes, mode, path } = version;
  if (binary && alone && isImage(path)) return { as: 'image', blob, bytes };
  return binary || (same && !alone) ? { as: 'notice', blob, bytes, mode } : { as: 'text', blob, bytes };
};
