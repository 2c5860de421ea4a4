import type { ChangedFile } from '../../shared/run/artifacts.ts';
import { plural } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';
import { shownPath } from '../../shared/text/clean.ts';

const pathOf = (file: ChangedFile): string => (file.after ?? file.before)?.path ?? '';

export const changedNames = (files: readonly ChangedFile[]): readonly string[] =>
  files.map((file) => shownPath(pathOf(file)));

const letters = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R' } as const;

/** A line for each file, and a sum. */
export const diffStat = (files: readonly ChangedFile[], paint: Paint): string => {
  const rows = files.map((file) => [
    letters[file.status],
    file.binary ? 'binary' : paint.green(`+${file.additions}`),
    file.binary ? '' : paint.red(`-${file.deletions}`),
    named(file),
  ]);
  const sum = (side: 'additions' | 'deletions') => files.reduce((total, file) => total + file[side], 0);
  return [...table(rows, [1, 2]), `${plural(files.length, 'file')}, +${sum('additions')} -${sum('deletions')}`].join(
    '\n',
  );
};

const named = (file: ChangedFile): string => {
  const modes = file.before !== null && file.after !== null && file.before.mode !== file.after.mode;
  const from = file.status === 'renamed' ? `${shownPath(file.before?.path ?? '')} → ` : '';
  return `${from}${shownPath(pathOf(file))}${modes ? ` (mode ${file.before?.mode} → ${file.after?.mode})` : ''}`;
};

/** Colours as git's. A line of a hunk may begin with what looks like a header, so hunks are counted through. */
export const paintPatch = (patch: string, paint: Paint): string => {
  let before = 0;
  let after = 0;
  return patch
    .split('\n')
    .map((line) => {
      if (before > 0 || after > 0) {
        if (line.startsWith('+')) return ((after -= 1), paint.green(line));
        if (line.startsWith('-')) return ((before -= 1), paint.red(line));
        if (!line.startsWith('\\')) [before, after] = [before - 1, after - 1];
        return line;
      }
      const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
      if (hunk === null)
        return /^(diff|index|---|\+\+\+|new|deleted|old|rename|similarity|copy) ?/.test(line) ? paint.bold(line) : line;
      [before, after] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
      return paint.cyan(line);
    })
    .join('\n');
};
