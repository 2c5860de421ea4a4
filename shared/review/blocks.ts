/** Neighbouring lines, without their line breaks. `of`: whose they are. */
export interface Stretch<Owner> {
  readonly of: Owner;
  readonly lines: readonly string[];
}

/** Lines that two stretches have in common, one after the other; `at`: the first one's place in each, from 0. */
interface Block<Owner> {
  readonly one: { readonly of: Owner; readonly at: number };
  readonly other: { readonly of: Owner; readonly at: number };
  readonly lines: number;
}

/** A line that is in so many places tells nothing of where another one came from. */
const mostPlaces = 64;

/** Comparisons of two lines, after which nothing more is looked for: a second's work. Texts can be made to need any number. */
const mostSteps = 20_000_000;

/** A stretch with what of it a block has already. */
interface Held<Owner> extends Stretch<Owner> {
  readonly taken: boolean[];
}

interface Place<Owner> {
  readonly held: Held<Owner>;
  readonly at: number;
}

const held = <Owner>({ of, lines }: Stretch<Owner>): Held<Owner> => ({ of, lines, taken: lines.map(() => false) });

const figures = (text: string): number => text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;

/** How far two places are equal and free, to either side. `spend` is told of each comparison. */
const around = <Owner>(one: Place<Owner>, other: Place<Owner>, spend: () => void) => {
  const equal = (step: number): boolean => {
    spend();
    const text = one.held.lines[one.at + step];
    return (
      text !== undefined &&
      text === other.held.lines[other.at + step] &&
      one.held.taken[one.at + step] === false &&
      other.held.taken[other.at + step] === false
    );
  };
  let first = 0;
  while (equal(first - 1)) first -= 1;
  let end = 1;
  while (equal(end)) end += 1;
  return {
    one: { held: one.held, at: one.at + first },
    other: { held: other.held, at: other.at + first },
    lines: end - first,
  };
};

const placesOf = <Owner>(stretches: readonly Held<Owner>[]): ReadonlyMap<string, readonly Place<Owner>[]> => {
  const places = new Map<string, Place<Owner>[]>();
  for (const stretch of stretches)
    for (const [at, text] of stretch.lines.entries()) {
      if (figures(text) === 0) continue;
      const before = places.get(text);
      if (before === undefined) places.set(text, [{ held: stretch, at }]);
      else before.push({ held: stretch, at });
    }
  return places;
};

/**
 * Blocks that are in both, the longest one at each line of the first; each line is in one block at most. `fewest`: letters and digits that a block has
 * at least, so that brackets and blank lines are none. `apart`: whether two may be compared.
 */
export const commonBlocks = <Owner>(
  ones: readonly Stretch<Owner>[],
  others: readonly Stretch<Owner>[],
  { fewest, apart }: { readonly fewest: number; readonly apart: (one: Owner, other: Owner) => boolean },
): readonly Block<Owner>[] => {
  const places = placesOf(others.map(held));
  const blocks: Block<Owner>[] = [];
  let steps = 0;
  const spend = (): void => {
    steps += 1;
  };
  for (const stretch of ones.map(held))
    for (const [at, text] of stretch.lines.entries()) {
      const candidates = places.get(text) ?? [];
      if (stretch.taken[at] === true || candidates.length > mostPlaces || steps > mostSteps) continue;
      const [longest] = candidates
        .filter((place) => apart(stretch.of, place.held.of) && place.held.taken[place.at] === false)
        .map((place) => around({ held: stretch, at }, place, spend))
        .toSorted((a, b) => b.lines - a.lines);
      if (longest === undefined) continue;
      const { one, other, lines } = longest;
      const block = one.held.lines.slice(one.at, one.at + lines);
      if (block.reduce((count, line) => count + figures(line), 0) < fewest) continue;
      for (const place of [one, other]) place.held.taken.fill(true, place.at, place.at + lines);
      blocks.push({ one: { of: one.held.of, at: one.at }, other: { of: other.held.of, at: other.at }, lines });
    }
  return blocks;
};

/** Without their line breaks, which are another's on another system. */
export const bareLines = (lines: readonly string[]): readonly string[] =>
  lines.map((text) => text.replace(/\r?\n$/, ''));
