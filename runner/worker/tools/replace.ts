import { places } from './find-run.ts';
import { withEndsOf, withLf } from './line-ends.ts';
import { alike, difference } from './lookalikes.ts';
import { refused, type Refused } from './tool.ts';

type Replaced =
  | { readonly outcome: 'ok'; readonly text: string; readonly firstLine: number; readonly lastLine: number }
  | Refused;

/**
 * Replaces the one occurrence of `old` in a text. Line ends count as alike, since models are shown lines without them and write LF: each line
 * keeps its own, and new ones get those around them. Lines of the result are counted from 1.
 */
export const replaceOnce = (
  text: string,
  { old, new: replacement }: { readonly old: string; readonly new: string },
): Replaced => {
  const seen = withLf(text);
  const from = withLf(old.replace(/^\uFEFF/, ''));
  const to = withLf(replacement.replace(/^\uFEFF/, ''));
  if (from === to)
    return refused(
      old === replacement
        ? 'Old and new text are the same; nothing was changed.'
        : 'Old and new text differ by line ends or a byte order mark alone, which edit keeps as they are; change those with bash.',
    );
  const found = occurrences(seen, from);
  const [place] = found.first;
  if (place === undefined)
    return refused(`The old text does not occur. ${lookalike(seen, from) ?? nearest(seen, from)}`);
  if (found.count > 1) {
    const lines = found.first.map((at) => lineAt(seen, at));
    return refused(
      `The old text occurs ${found.count} times, beginning in lines ${lines.join(', ')}${found.count > lines.length ? ', …' : ''}. Give more of the lines around the one that is meant.`,
    );
  }
  const start = place + crlfsBefore(seen, text, place);
  const end = place + from.length + crlfsBefore(seen, text, place + from.length);
  const put = withEndsOf(text.slice(start, end), to, endAround(text, start));
  const firstLine = lineAt(seen, place);
  const ends = to.replace(/\n$/, '').split('\n').length - 1;
  return { outcome: 'ok', text: text.slice(0, start) + put + text.slice(end), firstLine, lastLine: firstLine + ends };
};

/** How many more characters a text has than what is seen of it, up to a place of the latter. */
const crlfsBefore = (seen: string, text: string, place: number): number => {
  let more = 0;
  for (let at = seen.indexOf('\n'); at >= 0 && at < place; at = seen.indexOf('\n', at + 1))
    if (text[at + more] === '\r') more += 1;
  return more;
};

/** The end of the line at a place; in the last line, that of the line above, else LF. */
const endAround = (text: string, place: number): '\n' | '\r\n' => {
  const below = text.indexOf('\n', place);
  const at = below >= 0 ? below : text.lastIndexOf('\n', place);
  return at > 0 && text[at - 1] === '\r' ? '\r\n' : '\n';
};

/** Places that an answer names. */
const mostPlaces = 10;

/** Overlapping ones too: `aa` occurs twice in `aaa`, and either could be meant. */
const occurrences = (text: string, part: string): { readonly first: readonly number[]; readonly count: number } => {
  const first: number[] = [];
  let count = 0;
  for (const place of places(text, part)) {
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

/** Where a text stands that looks like the wanted one, by the characters in which they differ. Null: nowhere. */
const lookalike = (text: string, part: string): string | null => {
  if (text.length > largestText) return null;
  const [place] = places(alike(text), alike(part));
  if (place === undefined) return null;
  const first = lineAt(alike(text), place);
  const there = text
    .split('\n')
    .slice(first - 1, first + part.split('\n').length - 1)
    .join('\n');
  return `What begins in line ${first} looks like it and is not the same: ${difference(part, there)}. Give the characters as the file has them, or change the place with bash.`;
};

/** Where the text stands that agrees best if white space is left out of account: the usual reason why nothing was found. */
const nearest = (text: string, part: string): string => {
  if (text.length > largestText) return 'The file is large: use search to find the place, and read it again.';
  const lines = text.split('\n');
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
