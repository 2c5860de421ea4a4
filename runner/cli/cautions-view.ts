import type { MarkedFile } from '../../shared/review/caution.ts';
import { plural } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { cleanLine, shownPath } from '../../shared/text/clean.ts';

/** What a reviewer should not overlook, a line for each reason; none where there is nothing. */
export const cautionLines = (marked: readonly MarkedFile[], paint: Paint): readonly string[] => {
  if (marked.length === 0) return [];
  const head = `${plural(marked.length, 'file')} to look at closely:`;
  return [
    paint.yellow(head),
    ...marked.flatMap(({ path, cautions }) => [
      `  ${paint.yellow('!')} ${shownPath(path)}`,
      ...cautions.map(({ text }) => `      ${cleanLine(text)}`),
    ]),
  ];
};
