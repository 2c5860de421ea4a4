import { cleanLine } from '../../../shared/text/clean.ts';

/** One line of at most so many characters. */
export const oneLine = (text: string, most: number): string => {
  const line = cleanLine(text);
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
};
