import { coverageLines, type CommandCoverage } from '../../shared/review/coverage.ts';
import { shownPath } from '../../shared/text/clean.ts';
import type { Paint } from './paint.ts';

/** Which lines of each file verification ran, as far as that is known: a line for each, those that were left out first; none where nothing is. */
export const coverageView = (all: readonly CommandCoverage[], paint: Paint): readonly string[] =>
  coverageLines(all).map(
    ({ path, text, missed }) => `  ${missed ? paint.yellow('!') : ' '} ${shownPath(path)}: ${text}`,
  );

/** The same under a head of its own. */
export const coverageSection = (all: readonly CommandCoverage[], paint: Paint): readonly string[] => {
  const lines = coverageView(all, paint);
  return lines.length === 0 ? [] : [paint.bold('Changed lines that verification ran:'), ...lines];
};
