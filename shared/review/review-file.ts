import type { ChangedFile, ChangeSet, FileVersion } from '../run/artifacts.ts';
import { shownPath } from '../text/clean.ts';
import type { FilePatch, LineChange } from './patch.ts';

/**
 * What a person decides by itself in a changed file: lines that a diff shows as one change; or what it does not show, and is said in words:
 * another name, another mode, content that is no text. What is only there on one side, or is a link, is taken whole or not at all.
 */
export type Unit =
  | { readonly kind: 'lines'; readonly id: string; readonly change: LineChange }
  | { readonly kind: 'name' | 'mode' | 'content' | 'whole'; readonly id: string; readonly words: string };

/** A changed file as a person decides about it. */
export interface ReviewFile {
  /** Where it is in the result; of a deleted file, where it was. */
  readonly path: string;
  readonly file: ChangedFile;
  /** One at least. Their ids are unique in the file, and name the same in every change that has the same two sides. */
  readonly units: readonly Unit[];
  /** Its lines that differ, as the patch has them; of a link, where it led and leads. None of what is no text. */
  readonly changes: readonly LineChange[];
}

const executable = '100755';
const isLink = (version: FileVersion | null): boolean => version?.mode === '120000';

/** As git names the lines of a hunk. */
const linesUnit = (change: LineChange): Unit => {
  const range = ({ at, lines }: LineChange['before']): string => `${at + 1},${lines.length}`;
  return { kind: 'lines', id: `-${range(change.before)} +${range(change.after)}`, change };
};

const inWords = (kind: 'name' | 'mode' | 'content' | 'whole', words: string): Unit => ({ kind, id: kind, words });

/** A link by where it leads, as far as the patch says it. */
const linkTo = (changes: readonly LineChange[], side: 'before' | 'after'): string => {
  const target = changes.flatMap((change) => change[side].lines).join('');
  return target === '' ? 'a link' : `a link to ${shownPath(target)}`;
};

/** What is to be said of a file that is decided as one; empty where that is only that it was added or deleted. */
const wholeWords = ({ before, after }: ChangedFile, changes: readonly LineChange[]): string => {
  const fresh = isLink(after) ? linkTo(changes, 'after') : after?.mode === executable ? 'executable (mode 100755)' : '';
  if (before === null) return fresh;
  const old = isLink(before) ? linkTo(changes, 'before') : 'a file';
  if (after === null) return isLink(before) ? `was ${old}` : '';
  if (!isLink(after)) return `was ${old}, is a file${fresh === '' ? '' : `, ${fresh}`}`;
  if (!isLink(before)) return `was a file, is ${fresh}`;
  if (before.blob === after.blob) return `link renamed: ${shownPath(before.path)} → ${shownPath(after.path)}`;
  return changes.length === 0 ? 'link that leads elsewhere' : `was ${old}, is ${fresh}`;
};

const nameUnits = (before: FileVersion, after: FileVersion): Unit[] =>
  before.path === after.path ? [] : [inWords('name', `renamed: ${shownPath(before.path)} → ${shownPath(after.path)}`)];

const modeUnits = (before: FileVersion, after: FileVersion): Unit[] =>
  before.mode === after.mode
    ? []
    : [
        inWords(
          'mode',
          `${after.mode === executable ? 'now' : 'no longer'} executable (mode ${before.mode} → ${after.mode})`,
        ),
      ];

const unitsOf = (file: ChangedFile, changes: readonly LineChange[]): readonly Unit[] => {
  const { before, after, binary } = file;
  if (before === null || after === null || isLink(before) || isLink(after))
    return [inWords('whole', wholeWords(file, changes))];
  const content = (): Unit[] => {
    if (before.blob === after.blob) return [];
    const lines = changes.map(linesUnit);
    const words = `${binary ? 'binary ' : ''}content, ${before.bytes} → ${after.bytes} bytes`;
    return lines.length > 0 ? lines : [inWords('content', words)];
  };
  return [...nameUnits(before, after), ...modeUnits(before, after), ...content()];
};

/** Where a changed file is in the result; of a deleted one, where it was. */
const pathOf = ({ before, after }: ChangedFile): string => after?.path ?? before?.path ?? '';

/** The files of a change set in its order, each with its lines from the patch of the same changes. */
export const reviewFiles = (changes: ChangeSet, patches: readonly FilePatch[]): readonly ReviewFile[] => {
  // A file that became a link, or a link a file, is there twice.
  const byPath = Map.groupBy(patches, ({ before, after }) => after ?? before ?? '');
  return changes.files.map((file) => {
    const path = pathOf(file);
    const lines = (byPath.get(path) ?? []).flatMap(({ changes }) => changes);
    return { path, file, units: unitsOf(file, lines), changes: lines };
  });
};

/** What the two texts of a file do not show, in words; empty where they show all. */
export const unseenOf = ({ units }: Pick<ReviewFile, 'units'>): string =>
  units
    .flatMap((unit) => (unit.kind === 'lines' || unit.kind === 'content' || unit.words === '' ? [] : [unit.words]))
    .join(', ');
