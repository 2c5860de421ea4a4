/** Lines as a model sees them, without their line ends, and those. The end of the last line may be none. */
export interface Lines {
  readonly texts: readonly string[];
  readonly ends: readonly LineEnd[];
}

type LineEnd = '\n' | '\r\n' | '';

/** A text without a character has no line; one that ends with a line end has no line behind it. */
export const linesOf = (text: string): Lines => {
  const texts: string[] = [];
  const ends: LineEnd[] = [];
  for (let start = 0; start < text.length;) {
    const at = text.indexOf('\n', start);
    const end = at < 0 ? '' : at > start && text[at - 1] === '\r' ? '\r\n' : '\n';
    const next = at < 0 ? text.length : at + 1;
    texts.push(text.slice(start, next - end.length));
    ends.push(end);
    start = next;
  }
  return { texts, ends };
};

export const joined = ({ texts, ends }: Lines): string => texts.map((text, at) => text + (ends[at] ?? '')).join('');

/** As a model sees it and writes it: every line end is LF. */
export const withLf = (text: string): string => text.replace(/\r\n/g, '\n');

/** The line end that new lines of a text should have: that of most of its lines. */
export const usualEnd = ({ ends }: Lines): '\n' | '\r\n' =>
  ends.filter((end) => end === '\r\n').length > ends.filter((end) => end === '\n').length ? '\r\n' : '\n';

/**
 * A text of LF alone in place of `old`, with old's line ends: lines that are the same at the beginning and at the end keep theirs, those between
 * take the ends of the lines that they replace, and further ones the end of the line above. `usual`: where none is above.
 */
export const withEndsOf = (old: string, replacement: string, usual: '\n' | '\r\n'): string => {
  const before = linesOf(old);
  const after = linesOf(replacement);
  const shorter = Math.min(before.texts.length, after.texts.length);
  let head = 0;
  while (head < shorter && before.texts[head] === after.texts[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.texts.at(-1 - tail) === after.texts.at(-1 - tail)) tail += 1;
  const moved = before.texts.length - after.texts.length;
  let above = usual;
  const ends = after.ends.map((end, at): LineEnd => {
    const inTail = at >= after.texts.length - tail;
    const replaced = inTail ? before.ends[at + moved] : at < before.texts.length - tail ? before.ends[at] : undefined;
    if (end === '') return '';
    if (replaced !== undefined && replaced !== '') above = replaced;
    return above;
  });
  return joined({ texts: after.texts, ends });
};
