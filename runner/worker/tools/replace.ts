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
  const places = occurrences(text, from);
  const [place] = places;
  if (place === undefined) return refused(`The old text does not occur. ${nearest(text, from)}`);
  if (places.length > 1) {
    const lines = places.slice(0, 10).map((at) => lineAt(text, at));
    return refused(
      `The old text occurs ${places.length} times, beginning in lines ${lines.join(', ')}${places.length > 10 ? ', …' : ''}. Give more of the lines around the one that is meant.`,
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

/** Overlapping ones too: `aa` occurs twice in `aaa`, and either could be meant. */
const occurrences = (text: string, part: string): readonly number[] => {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) found.push(at);
  return found;
};

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** Where the text stands that agrees best if white space is left out of account: the usual reason why nothing was found. */
const nearest = (text: string, part: string): string => {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const wanted = part.split('\n').map((line) => line.trim());
  const scores = lines.map((_, start) =>
    wanted.reduce((score, line, offset) => score + (line !== '' && lines[start + offset]?.trim() === line ? 1 : 0), 0),
  );
  const best = scores.reduce((top, score) => Math.max(top, score), 0);
  if (best === 0) return 'No line of it does. Read the file again.';
  const start = scores.indexOf(best);
  const shown = lines
    .slice(start, start + Math.min(wanted.length, 12))
    .map((line, offset) => `${start + offset + 1}\t${line}`);
  return `The nearest text begins in line ${start + 1}:\n${shown.join('\n')}`;
};
