import { z } from 'zod';
import type { AcceptedFile } from '../../../shared/api/runner-api.ts';
import type { ReviewFile, Unit } from '../../../shared/review/review-file.ts';
import type { FileVersion } from '../../../shared/run/artifacts.ts';

export const Verdict = z.enum(['undecided', 'accepted', 'rejected']);
export type Verdict = z.infer<typeof Verdict>;

/** What a person chose for one file. */
const FileChoice = z.strictObject({
  /** The change that was looked at: another change of the same file starts anew. */
  of: z.string(),
  /** By the ids of its units; one that is not there is undecided. */
  units: z.record(z.string(), Verdict.exclude(['undecided'])),
  /** `decided`: because everything in it is, and nobody has said more. */
  reviewed: z.union([z.boolean(), z.literal('decided')]),
});
export type FileChoice = z.infer<typeof FileChoice>;

/** By path. */
const Choices = z.record(z.string(), FileChoice);
export type Choices = Readonly<Record<string, FileChoice>>;

/**
 * What was kept of a person's choices. `forgotten`: an earlier version kept them by hunk, of which nobody can tell which lines of today's
 * changes were meant; they are not taken for anything.
 */
export const choicesOf = (kept: unknown): { readonly choices: Choices; readonly forgotten: boolean } => {
  const parsed = Choices.safeParse(kept ?? {});
  return parsed.success ? { choices: parsed.data, forgotten: false } : { choices: {}, forgotten: true };
};

const versionId = (version: FileVersion | null): string =>
  version === null ? '-' : `${version.path}:${version.mode}:${version.blob}`;

/** Two changes of a file have the same identity only if both of their sides are the same. */
const identityOf = ({ file }: ReviewFile): string => `${versionId(file.before)}>${versionId(file.after)}`;

/** What was chosen for this very change of the file; undecided and not reviewed where that was another one. */
export const choiceOf = (choices: Choices, file: ReviewFile): FileChoice => {
  const found = Object.hasOwn(choices, file.path) ? choices[file.path] : undefined;
  const of = identityOf(file);
  return found?.of === of ? found : { of, units: {}, reviewed: false };
};

/** What was chosen for one unit. */
export const verdictOf = ({ units }: FileChoice, { id }: Unit): Verdict => units[id] ?? 'undecided';

/** Of each file what a verdict is for: one unit, all of it, or the rest of it, which is undecided so far. */
export type Chosen = Unit | 'all' | 'rest';

/** Chooses for each file. One of which everything is decided counts as reviewed. */
export const choose = (
  choices: Choices,
  files: readonly ReviewFile[],
  { unit, verdict }: { readonly unit: Chosen; readonly verdict: Verdict },
): Choices => {
  const chosen = files.map((file): [string, FileChoice] => {
    const before = choiceOf(choices, file);
    const units = file.units.flatMap((one): [string, Exclude<Verdict, 'undecided'>][] => {
      const old = verdictOf(before, one);
      const meant = unit === 'all' || (unit === 'rest' ? old === 'undecided' : unit.id === one.id);
      const now = meant ? verdict : old;
      return now === 'undecided' ? [] : [[one.id, now]];
    });
    const decided = units.length === file.units.length;
    const reviewed = decided ? before.reviewed || 'decided' : false;
    return [file.path, { ...before, units: Object.fromEntries(units), reviewed }];
  });
  return { ...choices, ...Object.fromEntries(chosen) };
};

/** What the key does: what counts as reviewed because it is decided is marked by that, and only a mark is taken away. */
export const toggled = ({ reviewed }: FileChoice): boolean => reviewed !== true;

export const markReviewed = (choices: Choices, file: ReviewFile, reviewed: boolean): Choices => ({
  ...choices,
  [file.path]: { ...choiceOf(choices, file), reviewed },
});

/** Forgets what was chosen for files that are not there any more, so that what is kept does not grow from round to round. */
export const keepOnly = (choices: Choices, files: readonly ReviewFile[]): Choices =>
  Object.fromEntries(
    files.flatMap((file) => (Object.hasOwn(choices, file.path) ? [[file.path, choiceOf(choices, file)]] : [])),
  );

/** How many units of the files have which verdict. */
export const tallyOf = (choices: Choices, files: readonly ReviewFile[]): Readonly<Record<Verdict, number>> => {
  const count = { accepted: 0, rejected: 0, undecided: 0 };
  for (const file of files) {
    const choice = choiceOf(choices, file);
    for (const unit of file.units) count[verdictOf(choice, unit)] += 1;
  }
  return count;
};

/** What is to be applied: never a unit that was not accepted. A file of which nothing was accepted is left out. */
export const acceptedFiles = (choices: Choices, files: readonly ReviewFile[]): AcceptedFile[] =>
  files.flatMap((file) => {
    const choice = choiceOf(choices, file);
    const accepted = file.units.filter((unit) => verdictOf(choice, unit) === 'accepted');
    if (accepted.length === 0) return [];
    return [{ path: file.path, units: accepted.length === file.units.length ? null : accepted.map(({ id }) => id) }];
  });
