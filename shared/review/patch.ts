/** Neighbouring lines of one side. `at` is the first one's, from 0; without lines it is where those of the other side belong. Each holds its line break, if it has one. */
interface Stretch {
  readonly at: number;
  readonly lines: readonly string[];
}

/** Lines that are others afterwards, with none among them that stay: what a diff shows as one change. */
export interface LineChange {
  readonly before: Stretch;
  readonly after: Stretch;
}

/** What a patch says of one file. A path or mode that is null: there is no such side, or the patch does not tell it. */
export interface FilePatch {
  readonly before: string | null;
  readonly after: string | null;
  readonly modes: { readonly before: string | null; readonly after: string | null };
  readonly binary: boolean;
  /** In their order; there is at least one line between two of them that stays. */
  readonly changes: readonly LineChange[];
}

/** The text is no patch that git made. */
class PatchError extends Error {
  override readonly name = 'PatchError';
}

const fileHeader = 'diff --git ';
const noNewline = '\\ ';

/** Reads lines one after the other, so that each part of a patch takes as many as are its own. */
class Lines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  }

  get done(): boolean {
    return this.#at >= this.#lines.length;
  }

  peek(): string {
    return this.#lines[this.#at] ?? '';
  }

  take(): string {
    const line = this.peek();
    this.#at += 1;
    return line;
  }
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

/** Takes a name as git writes it: in quotes if it holds a control character, a quote or a backslash (quote.c). */
const unquote = (written: string): string => {
  // A name with a space is followed by a tab on the lines `---` and `+++`.
  const name = written.replace(/\t$/, '');
  if (!name.startsWith('"')) return name;
  return name
    .slice(1, -1)
    .replace(/\\([abtnvfr"\\]|[0-7]{3})/g, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? code),
    );
};

/** `a/name`, `b/name`, or `/dev/null` for a side that there is not. */
const sideName = (written: string): string | null => {
  const name = unquote(written);
  return name === '/dev/null' ? null : name.slice(2);
};

/** The one name in `a/name b/name`: a header of a file that was not renamed. Renames have lines of their own. */
const nameInHeader = (header: string): string => {
  if (header.startsWith('"')) {
    const end = /^"(?:[^"\\]|\\.)*"/.exec(header)?.[0] ?? header;
    return unquote(end).slice(2);
  }
  return header.slice(2, (header.length - 1) / 2);
};

interface Header {
  before: string | null;
  after: string | null;
  modes: { before: string | null; after: string | null };
  binary: boolean;
}

/** Takes one line between the file header and its hunks into account. */
const readExtended = (header: Header, line: string): void => {
  const value = (prefix: string): string | null => (line.startsWith(prefix) ? line.slice(prefix.length) : null);
  const removed = value('deleted file mode ');
  const added = value('new file mode ');
  header.modes.before = value('old mode ') ?? removed ?? header.modes.before;
  header.modes.after = value('new mode ') ?? added ?? header.modes.after;
  const mode = /^index [0-9a-f]+\.\.[0-9a-f]+ (\d{6})$/.exec(line)?.[1];
  if (mode !== undefined) header.modes = { before: mode, after: mode };
  if (removed !== null) header.after = null;
  if (added !== null) header.before = null;
  const from = value('rename from ');
  if (from !== null) header.before = unquote(from);
  const to = value('rename to ');
  if (to !== null) header.after = unquote(to);
  const old = value('--- ');
  if (old !== null) header.before = sideName(old);
  const fresh = value('+++ ');
  if (fresh !== null) header.after = sideName(fresh);
  if (line === 'GIT binary patch' || /^Binary files .* differ$/.test(line)) header.binary = true;
};

/** Which sides a line of a hunk is on. */
const sides: Readonly<Record<string, readonly ('before' | 'after')[]>> = {
  ' ': ['before', 'after'],
  '-': ['before'],
  '+': ['after'],
};

/** Where a hunk begins, from 0: git counts lines from 1, and says of a side without lines after which one it is. */
const startOf = (start: number, lines: number): number => (lines === 0 ? start : start - 1);

/** Adds the changes of a hunk: its runs of lines that are on one side only. */
const readHunk = (lines: Lines, changes: LineChange[]): void => {
  const header = lines.take();
  const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(header);
  if (match === null) throw new PatchError(`expected the header of a hunk, found "${header}"`);
  const number = (group: number): number => Number(match[group] ?? '1');
  const left = { before: number(2), after: number(4) };
  const at = { before: startOf(number(1), left.before), after: startOf(number(3), left.after) };
  let run: Record<'before' | 'after', string[]> | null = null;
  while (left.before > 0 || left.after > 0) {
    const line = lines.take();
    // An empty context line may have lost its space on its way.
    const on = sides[line === '' ? ' ' : line.charAt(0)];
    if (on === undefined || (line === '' && lines.done)) throw new PatchError(`a hunk ends early: ${header}`);
    const last = lines.peek().startsWith(noNewline);
    if (last) lines.take();
    const text = `${line.slice(1)}${last ? '' : '\n'}`;
    const [side, other] = on;
    if (other !== undefined) run = null;
    else if (side !== undefined) {
      if (run === null) {
        run = { before: [], after: [] };
        changes.push({ before: { at: at.before, lines: run.before }, after: { at: at.after, lines: run.after } });
      }
      run[side].push(text);
    }
    for (const one of on) {
      at[one] += 1;
      left[one] -= 1;
    }
  }
};

const readFile = (lines: Lines): FilePatch => {
  const name = nameInHeader(lines.take().slice(fileHeader.length));
  const header: Header = { before: name, after: name, modes: { before: null, after: null }, binary: false };
  const changes: LineChange[] = [];
  while (!lines.done && !lines.peek().startsWith(fileHeader)) {
    if (lines.peek().startsWith('@@ ')) readHunk(lines, changes);
    else readExtended(header, lines.take());
  }
  return { ...header, changes };
};

/**
 * Parses a patch of `git diff`, file by file in its order. A file that turned into a link, or a link into a file, is there twice: as
 * deleted and as added. What the text is decoded with does not matter, as long as one byte below 128 is one character.
 * Throws a PatchError if it is not whole.
 */
export const parsePatch = (text: string): readonly FilePatch[] => {
  const lines = new Lines(text);
  const files: FilePatch[] = [];
  while (!lines.done) {
    if (lines.peek().startsWith(fileHeader)) files.push(readFile(lines));
    else if (lines.peek() === '') lines.take();
    else throw new PatchError(`expected the header of a file, found "${lines.peek()}"`);
  }
  return files;
};

/** Lines with their line breaks. Only LF ends a line, as for git. */
const splitLines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/**
 * The file with the accepted ones of its changes and without the others: with all of them it is the file after, with none the file before.
 * Throws a PatchError if the changes do not belong to `before`.
 */
export const applyChanges = (
  before: string,
  changes: readonly LineChange[],
  accepted: ReadonlySet<LineChange>,
): string => {
  const lines = splitLines(before);
  const result: string[] = [];
  let at = 0;
  for (const [index, change] of changes.entries()) {
    const { at: start, lines: removed } = change.before;
    if (start < at || start > lines.length || removed.some((text, offset) => lines[start + offset] !== text))
      throw new PatchError(`change ${index + 1} does not belong to this file`);
    result.push(lines.slice(at, start).join(''), (accepted.has(change) ? change.after : change.before).lines.join(''));
    at = start + removed.length;
  }
  return result.join('') + lines.slice(at).join('');
};
