/** A place in a file and what to do there. Lines are without their line ends. */
export interface Hunk {
  /** Lines to find first, one after the other: the `@@` anchors. */
  readonly anchors: readonly string[];
  readonly lines: readonly { readonly kind: 'context' | 'removed' | 'added'; readonly text: string }[];
  /** The hunk must end where the file ends. */
  readonly atEnd: boolean;
}

export type FileChange =
  | { readonly kind: 'add'; readonly path: string; readonly lines: readonly string[] }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'update'; readonly path: string; readonly moveTo: string | null; readonly hunks: readonly Hunk[] };

export type ParsedPatch =
  | { readonly outcome: 'ok'; readonly changes: readonly FileChange[] }
  /** `message` says what is wrong in which line of the patch, counted from 1. */
  | { readonly outcome: 'invalid'; readonly message: string };

const begin = '*** Begin Patch';
const end = '*** End Patch';
const endOfFile = '*** End of File';

class PatchError extends Error {}

/**
 * Reads the patch format of Codex's apply_patch: `*** Add File`, `*** Delete File` and `*** Update File` sections, the last
 * with an optional `*** Move to` and with hunks of ` context`, `-removed` and `+added` lines below `@@` anchors.
 * The one parser of it: policy judges the very paths that are written later. Paths are as given.
 */
export const parsePatch = (patch: string): ParsedPatch => {
  const lines = patch
    .trim()
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines[0]?.trimEnd() !== begin) return invalid(`The patch must begin with a line ${begin}.`);
  if (lines.at(-1)?.trimEnd() !== end) return invalid(`The patch must end with a line ${end}.`);
  const cursor = new Cursor(lines.slice(0, -1));
  const changes: FileChange[] = [];
  try {
    while (!cursor.done()) changes.push(readChange(cursor));
  } catch (error) {
    if (error instanceof PatchError) return invalid(error.message);
    throw error;
  }
  return changes.length === 0 ? invalid('The patch names no file.') : { outcome: 'ok', changes };
};

/** Every path that a patch reads or writes, as given. */
export const changedPaths = (changes: readonly FileChange[]): readonly string[] =>
  changes.flatMap((change) =>
    change.kind === 'update' && change.moveTo !== null ? [change.path, change.moveTo] : [change.path],
  );

const invalid = (message: string): ParsedPatch => ({ outcome: 'invalid', message });

class Cursor {
  readonly #lines: readonly string[];
  #at = 1;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  done(): boolean {
    return this.#at >= this.#lines.length;
  }

  peek(): string | undefined {
    return this.#lines[this.#at];
  }

  next(): string {
    this.#at += 1;
    return this.#lines[this.#at - 1] ?? '';
  }

  /** The rest of the next line, and goes on, if it begins so. */
  take(start: string): string | null {
    const line = this.peek();
    if (line?.startsWith(start) !== true) return null;
    this.#at += 1;
    return line.slice(start.length).trim();
  }

  fail(message: string): PatchError {
    return new PatchError(`Line ${this.#at + 1} of the patch: ${message}`);
  }
}

const readChange = (cursor: Cursor): FileChange => {
  const added = cursor.take('*** Add File: ');
  if (added !== null) return { kind: 'add', path: named(cursor, added), lines: readAdded(cursor) };
  const deleted = cursor.take('*** Delete File: ');
  if (deleted !== null) return { kind: 'delete', path: named(cursor, deleted) };
  const updated = cursor.take('*** Update File: ');
  if (updated === null)
    throw cursor.fail('expected "*** Add File: ", "*** Update File: " or "*** Delete File: " and a path.');
  const path = named(cursor, updated);
  const target = cursor.take('*** Move to: ');
  const moveTo = target === null ? null : named(cursor, target);
  const hunks: Hunk[] = [];
  while (!cursor.done() && !isSection(cursor.peek())) hunks.push(readHunk(cursor));
  if (hunks.length === 0 && moveTo === null) throw cursor.fail(`the update of ${path} has no hunk.`);
  return { kind: 'update', path, moveTo, hunks };
};

const named = (cursor: Cursor, path: string): string => {
  if (path === '') throw cursor.fail('the path is missing.');
  if (path.includes('\0')) throw cursor.fail('a path has no NUL character.');
  return path;
};

const isSection = (line: string | undefined): boolean =>
  line?.startsWith('*** ') === true && line.trimEnd() !== endOfFile;

const readAdded = (cursor: Cursor): readonly string[] => {
  const lines: string[] = [];
  while (!cursor.done() && !isSection(cursor.peek())) {
    const line = cursor.next();
    if (!line.startsWith('+')) throw cursor.fail('each line of an added file must begin with "+".');
    lines.push(line.slice(1));
  }
  return lines;
};

const readHunk = (cursor: Cursor): Hunk => {
  const anchors: string[] = [];
  for (let anchor = cursor.take('@@'); anchor !== null; anchor = cursor.take('@@'))
    if (anchor !== '') anchors.push(anchor);
  const lines: Hunk['lines'][number][] = [];
  for (;;) {
    const line = cursor.peek();
    if (line === undefined || line.startsWith('@@') || line.startsWith('*** ')) break;
    lines.push(readLine(cursor));
  }
  const atEnd = cursor.take(endOfFile) !== null;
  if (lines.length === 0) throw cursor.fail('the hunk has no lines.');
  return { anchors, lines, atEnd };
};

const kinds = { ' ': 'context', '-': 'removed', '+': 'added' } as const;

const readLine = (cursor: Cursor): Hunk['lines'][number] => {
  const line = cursor.peek() ?? '';
  // Models drop the one blank of an empty context line.
  if (line === '') {
    cursor.next();
    return { kind: 'context', text: '' };
  }
  const sign = line.charAt(0);
  if (sign !== ' ' && sign !== '-' && sign !== '+')
    throw cursor.fail('a line of a hunk must begin with a blank, "-" or "+".');
  cursor.next();
  return { kind: kinds[sign], text: line.slice(1) };
};
