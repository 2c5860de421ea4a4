import type { Hunk } from '../../../shared/tool/patch.ts';
import { places } from './find-run.ts';
import { joined, linesOf, usualEnd, withEndsOf } from './line-ends.ts';
import { alike } from './lookalikes.ts';
import { refused, type Refused } from './tool.ts';

/** One stretch of lines to replace. */
interface Replacement {
  readonly outcome: 'ok';
  readonly start: number;
  readonly removed: number;
  readonly lines: readonly string[];
}

/**
 * Applies the hunks of one file, each to the first place behind the one before it where its lines stand. Lines agree exactly or, where none does,
 * except for white space at their end, or else if they look alike. Context lines, line ends and the last line's lack of one stay. A refusal
 * names the hunk, counted from 1, and what was not found.
 */
export const applyHunks = (
  text: string,
  hunks: readonly Hunk[],
): { readonly outcome: 'ok'; readonly text: string } | Refused => {
  const { texts, ends: given } = linesOf(text);
  const usual = usualEnd({ texts, ends: given });
  const ends = given.map((end) => end || usual);
  const part = (from: number, to?: number): string =>
    joined({ texts: texts.slice(from, to), ends: ends.slice(from, to) });
  const result: string[] = [];
  let at = 0;
  for (const [index, hunk] of hunks.entries()) {
    const located = locate(texts, hunk, at);
    if (located.outcome === 'refused') return refused(`Hunk ${index + 1}: ${located.message}`);
    const { start, removed, lines } = located;
    const put = lines.map((line) => `${line}\n`).join('');
    result.push(
      part(at, start),
      withEndsOf(part(start, start + removed), put, ends[start - 1] ?? ends[start] ?? usual),
    );
    at = start + removed;
  }
  const whole = result.join('') + part(at);
  const unended = text !== '' && !text.endsWith('\n');
  return { outcome: 'ok', text: unended ? whole.replace(/\r?\n$/, '') : whole };
};

const locate = (lines: readonly string[], hunk: Hunk, from: number): Replacement | Refused => {
  let at = from;
  for (const anchor of hunk.anchors) {
    const found = findAnchor(lines, anchor, at);
    if (found < 0) return refused(`no line "${anchor}" below line ${at}.`);
    at = found + 1;
  }
  const old = hunk.lines.filter((line) => line.kind !== 'added').map((line) => line.text);
  if (old.length === 0) {
    const start = hunk.anchors.length > 0 && !hunk.atEnd ? at : lines.length;
    return { outcome: 'ok', start, removed: 0, lines: hunk.lines.map((line) => line.text) };
  }
  const start = find(lines, old, hunk.atEnd ? Math.max(at, lines.length - old.length) : at);
  if (start < 0) {
    const where = hunk.atEnd ? 'at the end of the file' : at === 0 ? 'in the file' : `below line ${at}`;
    return refused(`these lines do not occur ${where}:\n${old.slice(0, 8).join('\n')}`);
  }
  return { outcome: 'ok', start, removed: old.length, lines: replaced(lines, hunk, start) };
};

/** Added lines as the patch has them, context lines as the file has them. */
const replaced = (lines: readonly string[], hunk: Hunk, start: number): readonly string[] => {
  let at = start;
  return hunk.lines.flatMap(({ kind, text }) => {
    if (kind === 'added') return [text];
    at += 1;
    return kind === 'context' ? [lines[at - 1] ?? text] : [];
  });
};

/** Anchors are headings such as `class A {`: models leave out their indentation. */
const findAnchor = (lines: readonly string[], anchor: string, from: number): number =>
  lines.findIndex((line, at) => at >= from && line.trim() === anchor);

const find = (lines: readonly string[], old: readonly string[], from: number): number => {
  for (const seen of [
    (line: string) => line,
    (line: string) => line.trimEnd(),
    (line: string) => alike(line).trimEnd(),
  ])
    for (const place of places(lines.map(seen), old.map(seen), from)) return place;
  return -1;
};
