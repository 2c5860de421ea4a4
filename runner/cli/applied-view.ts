import type { Applied, AppliedFile } from '../../shared/api/runner-api.ts';
import { cautionLines } from './cautions-view.ts';
import { plural } from './format.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';
import { cleanLine, shownPath } from './text.ts';

const hurts = (file: AppliedFile): boolean => file.outcome === 'conflict' || file.outcome === 'refused';

/** Every file is where it belongs. */
export const isComplete = (applied: Applied): boolean => !applied.files.some(hurts);

/** A line for each file, and a sentence for all of it. */
export const appliedView = (
  applied: Applied,
  { run, paint }: { readonly run: number; readonly paint: Paint },
): string => {
  const rows = applied.files.map((file) => [
    hurts(file) ? paint.red(file.outcome) : paint.green(file.outcome),
    shownPath(file.path),
    cleanLine(file.reason),
  ]);
  const lines = table(
    ['', '', ''].map((head) => ({ head, align: 'left' as const })),
    rows,
  ).slice(1);
  return [...lines, ...cautionLines(applied.cautions, paint), ...sentences(applied, run)].join('\n');
};

const sentences = (applied: Applied, run: number): readonly string[] => {
  const target = cleanLine(applied.target);
  const done = applied.files.filter((file) => !hurts(file)).length;
  const left = applied.files.length - done;
  const files = plural(done, 'file');
  const remains =
    left === 0
      ? []
      : [
          `${plural(left, 'file')} ${left === 1 ? 'needs' : 'need'} you: what is beside ${left === 1 ? 'it' : 'them'} says why.`,
        ];
  if (applied.dryRun) return [`Nothing was changed. ${files} would go into ${target}.`, ...remains];
  switch (applied.how) {
    case 'worktree':
      return [`${files} went into ${target}.`, ...remains, `Take it back with: longhaul apply ${run} --undo`];
    case 'branch':
      return [`${files} ${done === 1 ? 'is' : 'are'} on the branch ${target}.`, ...remains];
    case 'undo':
      return [`${files} ${done === 1 ? 'is' : 'are'} as before in ${target}.`, ...remains];
  }
};
