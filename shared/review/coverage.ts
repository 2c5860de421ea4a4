import { z } from 'zod';
import { GitObject } from '../ids.ts';
import { cleanLine } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import type { LineChange } from './patch.ts';

/** A file of more lines is nobody's to review. */
const mostLines = 1_000_000;
const Line = z.int().positive().max(mostLines);
/** Lines of the result, from 1: the first and the last one of each stretch, ascending, with a line at least between two of them. */
const Stretches = z
  .array(z.tuple([Line, Line]))
  .refine((all) => all.every(([first, last], index) => first <= last && first > (all[index - 1]?.[1] ?? -1) + 1), {
    error: 'expected ascending stretches of lines',
  });
type Stretches = z.infer<typeof Stretches>;

/** Which of the lines that the result added to a file were seen to run and which were not. Of those in neither nothing is known. */
const CoveredFile = z.strictObject({ path: z.string().min(1), run: Stretches, missed: Stretches });
export type CoveredFile = z.infer<typeof CoveredFile>;

/** What one verification command was seen to run of the result that is this tree; a file of which nothing is known is not in it. */
export const Coverage = z.strictObject({ tree: GitObject, files: z.array(CoveredFile) });
export type Coverage = z.infer<typeof Coverage>;

/** The same by the command's text, as a reviewer is told of it. */
export interface CommandCoverage {
  readonly command: string;
  readonly files: readonly CoveredFile[];
}

/** Ascending lines as stretches. */
export const stretchesOf = (lines: readonly number[]): Stretches => {
  const stretches: Stretches = [];
  for (const line of lines) {
    const last = stretches.at(-1);
    if (last?.[1] === line - 1) last[1] = line;
    else stretches.push([line, line]);
  }
  return stretches;
};

const lengthOf = (stretches: Stretches): number => stretches.reduce((sum, [first, last]) => sum + last - first + 1, 0);

const has = (stretches: Stretches, line: number): boolean => {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.[1] ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return (stretches[low]?.[0] ?? Infinity) <= line;
};

/** What is known of some lines. `by`: the commands that ran any of them; where none did, those that were seen to leave them out. */
export interface LinesRun {
  readonly run: number;
  readonly missed: number;
  readonly by: readonly string[];
  /** Whether all verification commands were seen to have run or left out some of the file. */
  readonly whole: boolean;
}

const told = (counts: Pick<LinesRun, 'run' | 'missed'>, of: Omit<LinesRun, 'run' | 'missed'>): LinesRun | null =>
  counts.run + counts.missed === 0 ? null : { ...counts, ...of };

interface Known {
  readonly command: string;
  readonly file: CoveredFile;
}

const knownOf = (all: readonly CommandCoverage[], path: string): readonly Known[] =>
  all.flatMap(({ command, files }) =>
    files.filter((file) => file.path === path).map((file): Known => ({ command, file })),
  );

const byOf = (known: readonly Known[], ran: (file: CoveredFile) => boolean): readonly string[] => {
  const runners = known.filter(({ file }) => ran(file));
  return (runners.length > 0 ? runners : known).map(({ command }) => command);
};

/** What is known of lines of the result, from 1: one that any command ran was run. Null: nothing. */
const linesRun = (all: readonly CommandCoverage[], path: string, lines: readonly number[]): LinesRun | null => {
  const known = knownOf(all, path);
  const counts = { run: 0, missed: 0 };
  for (const line of lines)
    if (known.some(({ file }) => has(file.run, line))) counts.run += 1;
    else if (known.some(({ file }) => has(file.missed, line))) counts.missed += 1;
  return told(counts, {
    by: byOf(known, ({ run }) => lines.some((line) => has(run, line))),
    whole: known.length === all.length,
  });
};

/** What is known of the lines that changes of a file added. Null: nothing. */
export const changesRun = (
  all: readonly CommandCoverage[],
  path: string,
  changes: readonly LineChange[],
): LinesRun | null =>
  linesRun(
    all,
    path,
    changes.flatMap(({ after }) => after.lines.map((_, index) => after.at + index + 1)),
  );

/** What is known of all lines that were added to a file. Null: nothing. */
export const fileRun = (all: readonly CommandCoverage[], path: string): LinesRun | null => {
  const known = knownOf(all, path);
  const [only, ...others] = known;
  // Nothing is to be laid over anything.
  if (only !== undefined && others.length === 0)
    return told(
      { run: lengthOf(only.file.run), missed: lengthOf(only.file.missed) },
      { by: [only.command], whole: all.length === 1 },
    );
  const lines = new Set(
    known.flatMap(({ file }) => [...file.run, ...file.missed].flatMap(([first, last]) => numbers(first, last))),
  );
  return linesRun(all, path, [...lines]);
};

const numbers = (first: number, last: number): readonly number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

/** Characters of a command that stand in a line. */
const commandCharacters = 60;

const named = (command: string): string => {
  const line = cleanLine(command);
  return line.length <= commandCharacters ? line : `${line.slice(0, commandCharacters - 1)}…`;
};

const namedAll = (commands: readonly string[]): string => commands.map(named).join(' and ');

/** Of a file: `run by verification (12 of 14 changed lines)`, `not run by verification (14 changed lines)`. Text of a command is untrusted, and clean here. */
export const fileRunText = ({ run, missed, by, whole }: LinesRun): string => {
  const lines = plural(run + missed, 'changed line');
  if (run === 0) return `not run by ${whole ? 'verification' : namedAll(by)} (${lines})`;
  return `run by verification (${missed === 0 ? lines : `${run} of ${lines}`})`;
};

/** The same in two words, for a row: empty where all that is known was run. */
export const fileRunMark = ({ run, missed }: LinesRun): string => {
  if (missed === 0) return '';
  return run === 0 ? 'not run' : `${run} of ${run + missed} lines run`;
};

/** Of one change: `run by npm test`, `2 of 5 lines run by npm test`, `not run by verification`. */
export const changeRunText = ({ run, missed, by, whole }: LinesRun): string => {
  if (run === 0) return `not run by ${whole ? 'verification' : namedAll(by)}`;
  return `${missed === 0 ? '' : `${run} of ${plural(run + missed, 'line')} `}run by ${namedAll(by)}`;
};

/** How that is known, wherever it is said. */
export const countedHow =
  'As counted by Node in each process that ended by itself, and in reports that the command wrote. What nobody counted is said nothing of.';

/** Files in the order of a review: those to look at closely, those with lines that were not run, the rest. */
export const inReviewOrder = <File extends { readonly path: string }>(
  files: readonly File[],
  { marked, coverage }: { readonly marked: (file: File) => boolean; readonly coverage: readonly CommandCoverage[] },
): readonly File[] => {
  const rank = (file: File): number => {
    if (marked(file)) return 0;
    return (fileRun(coverage, file.path)?.missed ?? 0) > 0 ? 1 : 2;
  };
  return files
    .map((file) => ({ file, rank: rank(file) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ file }) => file);
};

/** What is known of each of these files, in sentences, those with lines that were not run first; a file of which nothing is known has none. */
export const coverageLines = (
  all: readonly CommandCoverage[],
): readonly { readonly path: string; readonly text: string; readonly missed: boolean }[] => {
  const paths = [...new Set(all.flatMap(({ files }) => files.map(({ path }) => path)))].toSorted();
  const lines = paths.flatMap((path) => {
    const run = fileRun(all, path);
    return run === null ? [] : [{ path, text: fileRunText(run), missed: run.missed > 0 }];
  });
  return [...lines.filter(({ missed }) => missed), ...lines.filter(({ missed }) => !missed)];
};
