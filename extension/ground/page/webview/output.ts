import Anser from 'anser';

/** A piece of an output; `look`: classes of ours for its colour and weight, empty: none. */
export interface Span {
  readonly text: string;
  readonly look: string;
}

/** Colours that a theme has for terminals, as they are called in classes; others are not shown: their contrast is nobody's. */
const colours: ReadonlySet<string> = new Set(
  ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'].flatMap((name) => [
    `ansi-${name}`,
    `ansi-bright-${name}`,
  ]),
);
const decorations: ReadonlySet<string> = new Set(['bold', 'dim', 'italic', 'underline', 'strikethrough']);

/** Reads an output in which no sequences are left but those of colours. */
export const spansOf = (text: string): readonly Span[] =>
  Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map(
    ({ content, fg, bg, decorations: all }) => {
      // A background becomes a frame in its colour: what stands on it is legible in every theme.
      const [colour, frame] = bg !== null && colours.has(bg) ? [bg, 'ansi-frame'] : [fg, ''];
      const looks = [
        ...(colour !== null && colours.has(colour) ? [colour] : []),
        frame,
        ...all.filter((name) => decorations.has(name)).map((name) => `ansi-${name}`),
      ];
      return { text: content, look: [...new Set(looks)].filter(Boolean).join(' ') };
    },
  );

/** Lines of a text that are shown before and after those that are left out, and how many have to be left out for that to be worth it. */
const [shownFirst, shownLast, leastLeft] = [12, 24, 10];

export interface Fold {
  readonly first: readonly Span[];
  /** Of `lines` lines; null: nothing is left out. */
  readonly left: { readonly spans: readonly Span[]; readonly lines: number } | null;
  readonly last: readonly Span[];
}

/** A long text: its first lines and its last ones, with those between apart. */
export const foldOf = (spans: readonly Span[]): Fold => {
  const all = spans.reduce((sum, { text }) => sum + lineEnds(text), 0) + (endsLine(spans) ? 0 : 1);
  const left = all - shownFirst - shownLast;
  if (left < leastLeft) return { first: spans, left: null, last: [] };
  const [first, rest] = splitAfter(spans, shownFirst);
  const [between, last] = splitAfter(rest, left);
  return { first, left: { spans: between, lines: left }, last };
};

const lineEnds = (text: string): number => text.split('\n').length - 1;
const endsLine = (spans: readonly Span[]): boolean =>
  spans.findLast(({ text }) => text !== '')?.text.endsWith('\n') ?? true;

/** The first so many lines, and what comes after them. */
const splitAfter = (spans: readonly Span[], lines: number): readonly [readonly Span[], readonly Span[]] => {
  let wanted = lines;
  for (const [index, { text, look }] of spans.entries()) {
    const ends = lineEnds(text);
    if (ends < wanted) {
      wanted -= ends;
      continue;
    }
    let at = 0;
    for (; wanted > 0; wanted -= 1) at = text.indexOf('\n', at) + 1;
    const [before, after] = [text.slice(0, at), text.slice(at)].map((part) =>
      part === '' ? [] : [{ text: part, look }],
    );
    return [
      [...spans.slice(0, index), ...(before ?? [])],
      [...(after ?? []), ...spans.slice(index + 1)],
    ];
  }
  return [spans, []];
};

/** A patch by its lines: what is added and taken away, and where. */
export const patchSpans = (text: string): readonly Span[] =>
  text.split(/(?<=\n)/).map((line) => ({ text: line, look: patchLook(line) }));

const patchLook = (line: string): string => {
  if (/^(?:diff --git |index [0-9a-f]|\+\+\+ [ab/"]|--- [ab/"]|\*\*\* )/.test(line)) return 'patch-head';
  if (line.startsWith('@@')) return 'patch-place';
  return line.startsWith('+') ? 'patch-added' : line.startsWith('-') ? 'patch-removed' : '';
};
