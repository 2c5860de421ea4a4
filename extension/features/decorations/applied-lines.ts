import { bareLines, commonBlocks, type Stretch } from '../../../shared/review/blocks.ts';
import type { LineChange } from '../../../shared/review/patch.ts';

/**
 * The lines (from 0, in their order) of a file that still are as a run wrote them: of those that are not committed, blocks that its changes
 * have, too. `uncommitted`: stretches of the file as it lies there.
 */
export const appliedLines = (
  uncommitted: readonly LineChange['after'][],
  changes: readonly LineChange[],
): readonly number[] => {
  const stretches = (sides: readonly LineChange['after'][]): readonly Stretch<number>[] =>
    sides.map(({ at, lines }) => ({ of: at, lines: bareLines(lines) }));
  const written = stretches(changes.map(({ after }) => after));
  return commonBlocks(stretches(uncommitted), written, { fewest: 1, apart: () => true })
    .flatMap(({ one, lines }) => Array.from({ length: lines }, (_, index) => one.of + one.at + index))
    .toSorted((a, b) => a - b);
};

/** An edit as VS Code tells it: these lines, from 0, were replaced by text with so many line breaks. */
export interface Edit {
  readonly first: number;
  readonly last: number;
  readonly breaks: number;
}

/** What is left of marked lines after an edit: those that it touched are a person's now. */
export const afterEdit = (lines: readonly number[], { first, last, breaks }: Edit): readonly number[] =>
  lines.flatMap((line) => (line < first ? [line] : line > last ? [line + breaks - (last - first)] : []));
