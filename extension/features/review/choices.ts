import { z } from 'zod';
import type { AcceptedFile } from '../../../shared/api/runner-api.ts';
import type { Hunk } from '../../../shared/review/patch.ts';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { FileVersion } from '../../../shared/run/artifacts.ts';

export const Verdict = z.enum(['undecided', 'accepted', 'rejected']);
export type Verdict = z.infer<typeof Verdict>;

/** What a person chose for one file: a verdict for each hunk, or one for a file that has none. */
const FileChoice = z.strictObject({
  /** The change that was looked at: another change of the same file starts anew. */
  of: z.string(),
  verdicts: z.array(Verdict).min(1),
  reviewed: z.boolean(),
});
export type FileChoice = z.infer<typeof FileChoice>;

/** By path. */
export const Choices = z.record(z.string(), FileChoice);
export type Choices = Readonly<Record<string, FileChoice>>;

const versionId = (version: FileVersion | null): string =>
  version === null ? '-' : `${version.path}:${version.mode}:${version.blob}`;

/** Two changes of a file have the same identity only if both of their sides are the same. */
const identityOf = ({ file }: ReviewFile): string => `${versionId(file.before)}>${versionId(file.after)}`;

/** How many verdicts a file takes. */
const unitsOf = ({ hunks }: ReviewFile): number => Math.max(1, hunks.length);

/** What was chosen for this very change of the file; undecided and not reviewed where that was another one. */
export const choiceOf = (choices: Choices, file: ReviewFile): FileChoice => {
  const found = Object.hasOwn(choices, file.path) ? choices[file.path] : undefined;
  const of = identityOf(file);
  if (found?.of === of && found.verdicts.length === unitsOf(file)) return found;
  return { of, verdicts: Array.from({ length: unitsOf(file) }, () => 'undecided' as const), reviewed: false };
};

/** Of each file what a verdict is for: one hunk, all of it, or the rest of it, which is undecided so far. */
export type Unit = number | 'all' | 'rest';

/** Chooses for each file. One of which everything is decided counts as reviewed. */
export const choose = (
  choices: Choices,
  files: readonly ReviewFile[],
  { unit, verdict }: { readonly unit: Unit; readonly verdict: Verdict },
): Choices => {
  const chosen = files.map((file): [string, FileChoice] => {
    const before = choiceOf(choices, file);
    const verdicts = before.verdicts.map((old, index) =>
      unit === 'all' || unit === index || (unit === 'rest' && old === 'undecided') ? verdict : old,
    );
    return [file.path, { ...before, verdicts, reviewed: verdicts.every((one) => one !== 'undecided') }];
  });
  return { ...choices, ...Object.fromEntries(chosen) };
};

export const markReviewed = (choices: Choices, file: ReviewFile, reviewed: boolean): Choices => ({
  ...choices,
  [file.path]: { ...choiceOf(choices, file), reviewed },
});

/** Forgets what was chosen for files that are not there any more, so that what is kept does not grow from round to round. */
export const keepOnly = (choices: Choices, files: readonly ReviewFile[]): Choices =>
  Object.fromEntries(
    files.flatMap((file) => (Object.hasOwn(choices, file.path) ? [[file.path, choiceOf(choices, file)]] : [])),
  );

type Tally = Readonly<Record<Verdict, number>>;

export const tally = ({ verdicts }: Pick<FileChoice, 'verdicts'>): Tally => {
  const count = { accepted: 0, rejected: 0, undecided: 0 };
  for (const verdict of verdicts) count[verdict] += 1;
  return count;
};

export const tallyOf = (choices: Choices, files: readonly ReviewFile[]): Tally =>
  tally({ verdicts: files.flatMap((file) => choiceOf(choices, file).verdicts) });

/** What is to be applied: never a hunk that was not accepted. A file of which nothing was accepted is left out. */
export const acceptedFiles = (choices: Choices, files: readonly ReviewFile[]): AcceptedFile[] =>
  files.flatMap((file) => {
    const { verdicts } = choiceOf(choices, file);
    const accepted = verdicts.flatMap((verdict, index) => (verdict === 'accepted' ? [index] : []));
    if (accepted.length === 0) return [];
    return [{ path: file.path, hunks: accepted.length === verdicts.length ? null : accepted }];
  });

/** The lines of a hunk in the document of one side, from 0: its first changed one, and all of it with its context. */
export interface Place {
  readonly changed: number;
  readonly first: number;
  readonly last: number;
}

export const placeOf = (hunk: Hunk, side: 'before' | 'after'): Place => {
  const { start, lines } = hunk[side];
  const first = Math.max(0, start - 1);
  const context = hunk.lines.findIndex(({ kind }) => kind !== 'context');
  return { first, changed: first + Math.max(0, context), last: Math.max(first, first + lines - 1) };
};

/** Which hunk is at a line (from 0) of the document; null between hunks. Hunks do not overlap. */
export const unitAt = (file: ReviewFile, side: 'before' | 'after', line: number): number | null => {
  if (file.hunks.length === 0) return 0;
  const found = file.hunks.findIndex((hunk) => {
    const { first, last } = placeOf(hunk, side);
    return line >= first && line <= last;
  });
  return found === -1 ? null : found;
};

/** The first changed line of the next or previous hunk from a line; null: there is none that way. */
export const neighbour = (
  file: ReviewFile,
  side: 'before' | 'after',
  { line, step }: { readonly line: number; readonly step: 1 | -1 },
): number | null => {
  const lines = file.hunks.map((hunk) => placeOf(hunk, side).changed);
  const found = step === 1 ? lines.find((at) => at > line) : lines.findLast((at) => at < line);
  return found ?? null;
};
