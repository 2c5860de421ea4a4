import type { Applied, AppliedFile } from '../../shared/api/runner-api.ts';
import { isDone, mayHaveWritten } from '../../shared/api/written.ts';
import type { RunState } from '../../shared/run/state.ts';
import { failedChecks } from '../../shared/run/summary.ts';
import { cautionLines } from './cautions-view.ts';
import { plural } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';
import { cleanLine, shownPath } from '../../shared/text/clean.ts';

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
  return [...table(rows), ...cautionLines(applied.cautions, paint), ...sentences(applied, run)].join('\n');
};

/** What a person should know of a run before they use its result: that its checks failed, that somebody rejected it. */
export const resultWarnings = (state: Pick<RunState, 'number' | 'status' | 'verification'>): readonly string[] => {
  const failed = failedChecks(state);
  return [
    ...(state.status === 'rejected' ? [`Run ${state.number} was rejected: longhaul show ${state.number}`] : []),
    ...(failed === null ? [] : [`${failed}: longhaul show ${state.number}`]),
  ];
};

const sentences = (applied: Applied, run: number): readonly string[] => {
  const target = cleanLine(applied.target);
  const done = applied.files.filter(isDone).length;
  const there = applied.files.filter(({ outcome }) => outcome === 'already').length;
  const left = applied.files.filter(hurts).length;
  const files = plural(done, 'file');
  const remains =
    left === 0
      ? []
      : [
          `${plural(left, 'file')} ${left === 1 ? 'needs' : 'need'} you: what is beside ${left === 1 ? 'it' : 'them'} says why.`,
        ];
  switch (applied.how) {
    case 'worktree': {
      const had = there === 0 ? [] : [`${plural(there, 'file')} ${there === 1 ? 'was' : 'were'} there already.`];
      if (there === applied.files.length) return [`Nothing was changed. Everything is in ${target} already.`];
      if (applied.dryRun) return [`Nothing was changed. ${files} would go into ${target}.`, ...had, ...remains];
      return [
        ...(done === 0 ? [] : [`${files} went into ${target}.`]),
        ...had,
        ...remains,
        ...takeBack(applied, { run, done }),
      ];
    }
    case 'branch':
      return [`${files} ${done === 1 ? 'is' : 'are'} on the branch ${target}.`, ...remains];
    case 'undo': {
      const back = done + there;
      return [`${plural(back, 'file')} ${back === 1 ? 'is' : 'are'} as before in ${target}.`, ...remains];
    }
  }
};

const takeBack = (
  applied: Applied,
  { run, done }: { readonly run: number; readonly done: number },
): readonly string[] => {
  if (!mayHaveWritten(applied)) return [];
  return [`${done === 0 ? 'Take back what was marked in a file' : 'Take it back'} with: longhaul apply ${run} --undo`];
};
