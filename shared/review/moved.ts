import { shownPath } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import type { LineChange } from './patch.ts';
import type { ReviewFile, Unit } from './review-file.ts';

/** Letters and digits that a block has at least, so that brackets and blank lines are no move: git's own number (COLOR_MOVED_MIN_ALNUM_COUNT in diff.h). */
const fewest = 20;

/** A line that is in so many places tells nothing of where another one came from. */
const mostPlaces = 64;

/** Comparisons of two lines, after which nothing more is looked for: a second's work. A patch can be made to need any number. */
const mostSteps = 20_000_000;

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

/** Neighbouring lines of one side of a change, without their line breaks. */
interface Side {
  readonly path: string;
  readonly unit: Unit;
  readonly change: LineChange;
  readonly at: number;
  readonly lines: readonly string[];
  /** Of each line, whether a block has it already. */
  readonly taken: boolean[];
}

interface Place {
  readonly side: Side;
  readonly at: number;
}

interface Block {
  readonly added: Place;
  readonly removed: Place;
  readonly lines: number;
}

const sideOf = (file: ReviewFile, change: LineChange, side: 'before' | 'after'): readonly Side[] => {
  const unit = file.units.find((one) => (one.kind === 'lines' ? one.change === change : one.kind === 'whole'));
  const version = file.file[side];
  // What a link says is no code.
  if (unit === undefined || version === null || version.mode === '120000') return [];
  const lines = change[side].lines.map((text) => text.replace(/\r?\n$/, ''));
  return [{ path: file.path, unit, change, at: change[side].at, lines, taken: lines.map(() => false) }];
};

const figures = (text: string): number => text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;

/** The longest equal stretch around two lines that nobody has taken. `spend` is told of each comparison. */
const around = (added: Place, removed: Place, spend: () => void): Block => {
  const equal = (step: number): boolean => {
    spend();
    const [one, other] = [added.at + step, removed.at + step];
    const text = added.side.lines[one];
    return (
      text !== undefined &&
      text === removed.side.lines[other] &&
      added.side.taken[one] === false &&
      removed.side.taken[other] === false
    );
  };
  let first = 0;
  while (equal(first - 1)) first -= 1;
  let end = 1;
  while (equal(end)) end += 1;
  return {
    added: { side: added.side, at: added.at + first },
    removed: { side: removed.side, at: removed.at + first },
    lines: end - first,
  };
};

const isBlock = ({ added: { side, at }, lines }: Block): boolean =>
  side.lines.slice(at, at + lines).reduce((count, text) => count + figures(text), 0) >= fewest;

/** Blocks of added lines with those that were deleted and are the same. Each line is in one block at most. */
const blocksOf = (added: readonly Side[], removed: readonly Side[]): readonly Block[] => {
  const places = new Map<string, Place[]>();
  for (const side of removed)
    for (const [at, text] of side.lines.entries()) {
      if (figures(text) === 0) continue;
      const before = places.get(text);
      if (before === undefined) places.set(text, [{ side, at }]);
      else before.push({ side, at });
    }
  const blocks: Block[] = [];
  let steps = 0;
  const spend = (): void => {
    steps += 1;
  };
  for (const side of added)
    for (const [at, text] of side.lines.entries()) {
      const candidates = places.get(text) ?? [];
      if (side.taken[at] === true || candidates.length > mostPlaces || steps > mostSteps) continue;
      const [longest] = candidates
        // Lines that a change deletes and adds again were not moved away.
        .filter((place) => place.side.change !== side.change && place.side.taken[place.at] === false)
        .map((place) => around({ side, at }, place, spend))
        .toSorted((a, b) => b.lines - a.lines);
      if (longest === undefined || !isBlock(longest)) continue;
      for (const place of [longest.added, longest.removed])
        place.side.taken.fill(true, place.at, place.at + longest.lines);
      blocks.push(longest);
    }
  return blocks;
};

const moveTo = ({ side, at }: Place, lines: number): Move => ({ path: side.path, line: side.at + at + 1, lines });

/**
 * Blocks of lines that one change deletes and another one adds, in the same file or in another, as `git diff --color-moved` finds them: equal to
 * the last blank, with 20 letters or digits at least. By unit; one without any is not in it. A deleted line is moved once: its second copy is new.
 */
export const movedIn = (files: readonly ReviewFile[]): ReadonlyMap<Unit, Moves> => {
  const sides = (side: 'before' | 'after'): readonly Side[] =>
    files.flatMap((file) => file.changes.flatMap((change) => sideOf(file, change, side)));
  const moves = new Map<Unit, { from: Move[]; to: Move[] }>();
  const of = (unit: Unit): { from: Move[]; to: Move[] } => {
    const known = moves.get(unit) ?? { from: [], to: [] };
    moves.set(unit, known);
    return known;
  };
  for (const { added, removed, lines } of blocksOf(sides('after'), sides('before'))) {
    of(added.side.unit).from.push(moveTo(removed, lines));
    of(removed.side.unit).to.push(moveTo(added, lines));
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
