import { characters, places } from './find-run.ts';

export type Replaced =
  | { readonly outcome: 'ok'; readonly text: string; readonly firstLine: number; readonly lastLine: number }
  | { readonly outcome: 'refused'; readonly message: string };

/**
 * Replaces the one occurrence of `old` in a text. Where all line ends of the text are CRLF, line ends of `old` and `new`
 * are taken as CRLF too, since models write LF. Lines of the result are counted from 1.
 */
export const replaceOnce = (
  text: string,
  { old, new: replacement }: { readonly old: string; readonly new: string },
): Replaced => {
  const crlf = text.includes('\r\n') && !/(?<!\r)\n/.test(text);
  const from = crlf ? withCrlf(old) : old;
  const to = crlf ? withCrlf(replacement) : replacement;
  if (from === to) return refused('Old and new text are the same; nothing was changed.');
  const found = occurrences(text, from);
  const [place] = found.first;
  if (place === undefined) return refused(`The old text does not occur. ${nearest(text, from)}`);
  if (found.count > 1) {
    const lines = found.first.map((at) => lineAt(text, at));
    return refused(
      `The old text occurs ${found.count} times, beginning in lines ${lines.join(', ')}${found.count > lines.length ? ', …' : ''}. Give more of the lines around the one that is meant.`,
    );
  }
  const firstLine = lineAt(text, place);
  const ends = to.replace(/\r?\n$/, '').split('\n').length - 1;
  return {
    outcome: 'ok',
    text: text.slice(0, place) + to + text.slice(place + from.length),
    firstLine,
    lastLine: firstLine + ends,
  };
};

const refused = (message: string): Replaced => ({ outcome: 'refused', message });

const withCrlf = (text: string): string => text.replace(/\r?\n/g, '\r\n');

/** Places that an answer names. */
const mostPlaces = 10;

/** Overlapping ones too: `aa` occurs twice in `aaa`, and either could be meant. */
const occurrences = (text: string, part: string): { readonly first: readonly number[]; readonly count: number } => {
  const first: number[] = [];
  let count = 0;
  for (const place of places(characters(text), characters(part))) {
    if (count < mostPlaces) first.push(place);
    count += 1;
  }
  return { first, count };
};

const lineAt = (text: string, at: number): number => {
  let line = 1;
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', end + 1)) line += 1;
  return line;
};

/** Characters of a text in which what is nearest is looked for: more take too long for what it helps. */
const largestText = 2_000_000;
/** Comparisons of one line with another that may be made for it. */
const mostSteps = 5_000_000;

/** Where the text stands that agrees best if white space is left out of account: the usual reason why nothing was found. */
const nearest = (text: string, part: string): string => {
  if (text.length > largestText) return 'The file is large: use search to find the place, and read it again.';
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const wanted = part.split('\n').map((line) => line.trim());
  const start = bestStart(
    lines.map((line) => line.trim()),
    wanted,
  );
  if (start === null) return 'No line of it does. Read the file again.';
  const shown = lines
    .slice(start, start + Math.min(wanted.length, 12))
    .map((line, offset) => `${start + offset + 1}\t${line}`);
  return `The nearest text begins in line ${start + 1}:\n${shown.join('\n')}`;
};

/** The first line from which most of the wanted ones stand where they should. Null: none does. */
const bestStart = (lines: readonly string[], wanted: readonly string[]): number | null => {
  const offsets = Map.groupBy(wanted.keys(), (offset) => wanted[offset] ?? '');
  const scores = new Uint32Array(lines.length);
  let steps = 0;
  for (const [index, line] of lines.entries()) {
    if (line === '' || steps > mostSteps) continue;
    for (const offset of offsets.get(line) ?? []) {
      steps += 1;
      const start = index - offset;
      if (start >= 0) scores[start] = (scores[start] ?? 0) + 1;
    }
  }
  let best: number | null = null;
  for (const [start, score] of scores.entries()) if (score > (best === null ? 0 : (scores[best] ?? 0))) best = start;
  return best;
};
