import { shownPath } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import { bareLines, commonBlocks, type Stretch } from './blocks.ts';
import type { LineChange } from './patch.ts';
import type { ReviewFile, Unit } from './review-file.ts';

/** Letters and digits that a moved block has at least: git's own number (COLOR_MOVED_MIN_ALNUM_COUNT in diff.h). */
const fewest = 20;

/** Lines of a unit that stand elsewhere in the same change, too. */
interface Move {
  /** Of the other place: its file as it is reviewed, and the line, from 1, on the side that it is on. */
  readonly path: string;
  readonly line: number;
  /** How many lines. */
  readonly lines: number;
}

/** What of a unit was moved. */
export interface Moves {
  /** Its added lines that were deleted elsewhere. */
  readonly from: readonly Move[];
  /** Its deleted lines that were added elsewhere. */
  readonly to: readonly Move[];
}

/** Of which change lines are on one side; `at`: the first one's place in its file, from 0. */
interface Side {
  readonly path: string;
  readonly unit: Unit;
  readonly change: LineChange;
  readonly at: number;
}

const sideOf = (file: ReviewFile, change: LineChange, side: 'before' | 'after'): readonly Stretch<Side>[] => {
  const unit = file.units.find((one) => (one.kind === 'lines' ? one.change === change : one.kind === 'whole'));
  const version = file.file[side];
  // What a link says is no code.
  if (unit === undefined || version === null || version.mode === '120000') return [];
  return [{ of: { path: file.path, unit, change, at: change[side].at }, lines: bareLines(change[side].lines) }];
};

const move = ({ of, at }: { readonly of: Side; readonly at: number }, lines: number): Move => ({
  path: of.path,
  line: of.at + at + 1,
  lines,
});

/**
 * Blocks of lines that one change deletes and another one adds, in the same file or in another, as `git diff --color-moved` finds them: equal to
 * the last blank, with 20 letters or digits at least. By unit; one without any is not in it. A deleted line is moved once: its second copy is new.
 */
export const movedIn = (files: readonly ReviewFile[]): ReadonlyMap<Unit, Moves> => {
  const sides = (side: 'before' | 'after'): readonly Stretch<Side>[] =>
    files.flatMap((file) => file.changes.flatMap((change) => sideOf(file, change, side)));
  const moves = new Map<Unit, { from: Move[]; to: Move[] }>();
  const of = (unit: Unit): { from: Move[]; to: Move[] } => {
    const known = moves.get(unit) ?? { from: [], to: [] };
    moves.set(unit, known);
    return known;
  };
  // Lines that a change deletes and adds again were not moved away.
  const apart = (one: Side, other: Side): boolean => one.change !== other.change;
  for (const { one, other, lines } of commonBlocks(sides('after'), sides('before'), { fewest, apart })) {
    of(one.of.unit).from.push(move(other, lines));
    of(other.of.unit).to.push(move(one, lines));
  }
  return moves;
};

const oneWay = (moves: readonly Move[], word: string, of: number): string => {
  const [first, ...others] = moves.toSorted((a, b) => b.lines - a.lines);
  if (first === undefined) return '';
  const lines = moves.reduce((count, move) => count + move.lines, 0);
  const part = lines === of ? '' : `${lines} of ${plural(of, 'line')} `;
  const more = others.length === 0 ? '' : ` and ${plural(others.length, 'other place')}`;
  return `${part}moved ${word} ${shownPath(first.path)}:${first.line}${more}`;
};

/** `moved from src/cart.js:12`, `6 of 9 lines moved to src/total.js:3 and 1 other place`; empty: nothing was. */
export const movedText = (changes: readonly LineChange[], moves: Moves | undefined): string => {
  if (moves === undefined) return '';
  const count = (side: 'before' | 'after'): number =>
    changes.reduce((sum, change) => sum + change[side].lines.length, 0);
  return [oneWay(moves.from, 'from', count('after')), oneWay(moves.to, 'to', count('before'))]
    .filter(Boolean)
    .join(', ');
};
