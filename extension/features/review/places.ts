import type { ReviewFile, Unit } from '../../../shared/review/review-file.ts';

type Side = 'before' | 'after';

/**
 * The line (from 0) of a side's document at which is said what its texts do not show: the one before the first change, which a diff that
 * folds away what did not change shows, too.
 */
export const topOf = ({ changes: [first] }: Pick<ReviewFile, 'changes'>, side: Side): number =>
  first === undefined ? 0 : Math.max(0, first[side].at - 1);

/** The line of a side's document at which a unit is decided. */
export const lineOf = (file: Pick<ReviewFile, 'changes'>, unit: Unit, side: Side): number =>
  unit.kind === 'lines' ? unit.change[side].at : topOf(file, side);

/** Which units a person decides with the cursor at a line of the document: those that are shown there. */
export const unitsAt = (file: ReviewFile, side: Side, line: number): readonly Unit[] =>
  file.units.filter((unit) => {
    if (unit.kind === 'whole' || unit.kind === 'content') return true;
    const first = lineOf(file, unit, side);
    const lines = unit.kind === 'lines' ? unit.change[side].lines.length : 1;
    return line >= first && line < first + Math.max(1, lines);
  });

/** The line of the next or previous unit from a line; null: there is none that way. */
export const neighbour = (
  file: ReviewFile,
  side: Side,
  { line, step }: { readonly line: number; readonly step: 1 | -1 },
): number | null => {
  const lines = file.units.map((unit) => lineOf(file, unit, side)).filter((at) => (at - line) * step > 0);
  return lines.length === 0 ? null : step === 1 ? Math.min(...lines) : Math.max(...lines);
};
