import { z } from 'zod';

/** Of the format of V8's coverage: offsets in UTF-16 units of what was compiled. */
const Range = z.object({
  startOffset: z.int().nonnegative(),
  endOffset: z.int().nonnegative(),
  count: z.int().nonnegative(),
});

export const Script = z.object({
  url: z.string(),
  /** The first range of a function is all of it. */
  functions: z.array(z.object({ ranges: z.tuple([Range], Range) })),
});
export type Script = z.infer<typeof Script>;

/** By offset of what was compiled. */
export const run = 1;
export const missed = 2;

/** Characters that may be painted, those that are painted over counted again: a tenth of a second. Ranges can be made to need any number. */
const mostPainted = 500_000_000;

/** What of a script was run, one byte for each of its characters. Null: the script has another length, or these are no ranges of one. */
export const paint = ({ functions }: Script, length: number): Uint8Array | null => {
  const ranges = functions.flatMap((one) => one.ranges);
  if (!ranges.some(({ startOffset, endOffset }) => startOffset === 0 && endOffset === length)) return null;
  // An inner range comes behind the one that it is in.
  const ordered = ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  const painted = new Uint8Array(length);
  let left = mostPainted;
  for (const { startOffset, endOffset, count } of ordered) {
    left -= endOffset - startOffset;
    if (endOffset < startOffset || endOffset > length || left < 0) return null;
    painted.fill(count > 0 ? run : missed, startOffset, endOffset);
  }
  return painted;
};
