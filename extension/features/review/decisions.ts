import { z } from 'zod';
import type { AcceptedFile } from '../../../shared/api/runner-api.ts';
import type { Hunk } from '../../../shared/review/patch.ts';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { FileVersion } from '../../../shared/run/artifacts.ts';

const Verdict = z.enum(['undecided', 'accepted', 'rejected']);
export type Verdict = z.infer<typeof Verdict>;

/** What a person decided about one file: a verdict for each hunk, or one for a file that has none. */
const FileDecision = z.strictObject({
  /** The change that was looked at: another change of the same file starts anew. */
  of: z.string(),
  verdicts: z.array(Verdict).min(1),
  reviewed: z.boolean(),
});
export type FileDecision = z.infer<typeof FileDecision>;

/** By path. */
export const Decisions = z.record(z.string(), FileDecision);
export type Decisions = Readonly<Record<string, FileDecision>>;

const versionId = (version: FileVersion | null): string =>
  version === null ? '-' : `${version.path}:${version.mode}:${version.blob}`;

/** Two changes of a file have the same identity only if both of their sides are the same. */
const identityOf = ({ file }: ReviewFile): string => `${versionId(file.before)}>${versionId(file.after)}`;

/** How many verdicts a file takes. */
const unitsOf = ({ hunks }: ReviewFile): number => Math.max(1, hunks.length);

/** What was decided about this very change of the file; undecided and not reviewed where that was another one. */
export const decisionOf = (decisions: Decisions, file: ReviewFile): FileDecision => {
  const found = Object.hasOwn(decisions, file.path) ? decisions[file.path] : undefined;
  const of = identityOf(file);
  if (found?.of === of && found.verdicts.length === unitsOf(file)) return found;
  return { of, verdicts: Array.from({ length: unitsOf(file) }, () => 'undecided' as const), reviewed: false };
};

/** Decides one hunk of each file, or with `all` the whole of them. A file of which everything is decided counts as reviewed. */
export const decide = (
  decisions: Decisions,
  files: readonly ReviewFile[],
  { unit, verdict }: { readonly unit: number | 'all'; readonly verdict: Verdict },
): Decisions => {
  const decided = files.map((file): [string, FileDecision] => {
    const before = decisionOf(decisions, file);
    const verdicts = before.verdicts.map((old, index) => (unit === 'all' || unit === index ? verdict : old));
    return [file.path, { ...before, verdicts, reviewed: verdicts.every((one) => one !== 'undecided') }];
  });
  return { ...decisions, ...Object.fromEntries(decided) };
};

/** Decides whatever is undecided, and nothing else. */
export const decideRest = (decisions: Decisions, files: readonly ReviewFile[], verdict: Verdict): Decisions => {
  const decided = files.map((file): [string, FileDecision] => {
    const before = decisionOf(decisions, file);
    const verdicts = before.verdicts.map((old) => (old === 'undecided' ? verdict : old));
    return [file.path, { ...before, verdicts, reviewed: before.reviewed || verdict !== 'undecided' }];
  });
  return { ...decisions, ...Object.fromEntries(decided) };
};

export const markReviewed = (decisions: Decisions, file: ReviewFile, reviewed: boolean): Decisions => ({
  ...decisions,
  [file.path]: { ...decisionOf(decisions, file), reviewed },
});

/** Forgets what was decided about files that are not there any more, so that what is kept does not grow from round to round. */
export const keepOnly = (decisions: Decisions, files: readonly ReviewFile[]): Decisions =>
  Object.fromEntries(
    files.flatMap((file) => (Object.hasOwn(decisions, file.path) ? [[file.path, decisionOf(decisions, file)]] : [])),
  );

export interface Tally {
  readonly accepted: number;
  readonly rejected: number;
  readonly undecided: number;
}

export const tally = ({ verdicts }: FileDecision): Tally => ({
  accepted: verdicts.filter((verdict) => verdict === 'accepted').length,
  rejected: verdicts.filter((verdict) => verdict === 'rejected').length,
  undecided: verdicts.filter((verdict) => verdict === 'undecided').length,
});

export const tallyOf = (decisions: Decisions, files: readonly ReviewFile[]): Tally => {
  const sum = { accepted: 0, rejected: 0, undecided: 0 };
  for (const file of files) {
    const one = tally(decisionOf(decisions, file));
    sum.accepted += one.accepted;
    sum.rejected += one.rejected;
    sum.undecided += one.undecided;
  }
  return sum;
};

/** What is to be applied: never a hunk that was not accepted. A file of which nothing was accepted is left out. */
export const acceptedFiles = (decisions: Decisions, files: readonly ReviewFile[]): AcceptedFile[] =>
  files.flatMap((file) => {
    const { verdicts } = decisionOf(decisions, file);
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
