import { withoutSequences } from '../../shared/text/clean.ts';

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes in a terminal. Colours take none. */
export const width = (text: string): number => {
  let columns = 0;
  for (const char of withoutSequences(text)) {
    if (!/\p{M}/u.test(char)) columns += wide.test(char) ? 2 : 1;
  }
  return columns;
};

/** Cut to so many columns, with an ellipsis where something is missing. For text without colours. */
export const fit = (text: string, columns: number): string => {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const char of text) {
    const more = width(char);
    if (used + more > columns - 1) break;
    kept += char;
    used += more;
  }
  return `${kept}…`;
};

export const indent = (text: string, by: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : by + line))
    .join('\n');
