import { shownPath } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import { parsePatch } from './patch.ts';

/** A file that a patch changes. `lines` null: it is no text. */
export interface PatchedFile {
  /** Safe to show; both, where it was moved. */
  readonly path: string;
  readonly lines: { readonly added: number; readonly removed: number } | null;
}

/** What a git patch changes. Throws where it is none. */
export const patchedFiles = (patch: string): readonly PatchedFile[] =>
  parsePatch(patch).map(({ before, after, binary, changes }) => {
    const count = (side: 'before' | 'after') => changes.reduce((sum, change) => sum + change[side].lines.length, 0);
    return {
      path:
        before !== null && after !== null && before !== after
          ? `${shownPath(before)} → ${shownPath(after)}`
          : shownPath(after ?? before ?? ''),
      lines: binary ? null : { added: count('after'), removed: count('before') },
    };
  });

/** `+3 -1`, or that it is no text. */
export const linesText = ({ lines }: Pick<PatchedFile, 'lines'>): string =>
  lines === null ? 'binary' : `+${lines.added} -${lines.removed}`;

/** `2 files, +4 -1` */
export const sumText = (files: readonly PatchedFile[]): string => {
  const sum = (side: 'added' | 'removed') => files.reduce((total, { lines }) => total + (lines?.[side] ?? 0), 0);
  return `${plural(files.length, 'file')}, +${sum('added')} -${sum('removed')}`;
};
