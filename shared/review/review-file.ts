import type { ChangedFile, ChangeSet } from '../run/artifacts.ts';
import type { FilePatch, Hunk } from './patch.ts';

/** A changed file as a person decides about it. Without hunks it is taken whole or not at all: binary, link, empty, or only renamed. */
export interface ReviewFile {
  /** Where it is in the result; of a deleted file, where it was. */
  readonly path: string;
  readonly file: ChangedFile;
  readonly hunks: readonly Hunk[];
}

const isLink = ({ before, after }: ChangedFile): boolean => before?.mode === '120000' || after?.mode === '120000';

/** The files of a change set in its order, each with its hunks from the patch of the same changes. */
export const reviewFiles = (changes: ChangeSet, patches: readonly FilePatch[]): readonly ReviewFile[] => {
  const byPath = new Map<string, FilePatch>();
  const twice = new Set<string>();
  for (const patch of patches) {
    const path = patch.after ?? patch.before ?? '';
    if (byPath.has(path)) twice.add(path);
    byPath.set(path, patch);
  }
  return changes.files.map((file) => {
    const path = file.after?.path ?? file.before?.path ?? '';
    const whole = file.binary || isLink(file) || twice.has(path);
    return { path, file, hunks: whole ? [] : (byPath.get(path)?.hunks ?? []) };
  });
};
