import * as nodeModule from 'node:module';

/** The text of a file of the result, without a byte order mark. */
export interface Source {
  readonly text: string;
  /** By line, from 0: whether it may hold code. Blank lines, brackets alone and comments do not. */
  readonly code: readonly boolean[];
}

const comment = /^(?:\/\/|\/\*|\*)/;
/** Letters and digits: a line of brackets is run with what is in them. */
const saysSomething = /[\p{L}\p{N}_$]/u;

/** Of languages with the comments of C. A comment that begins behind code is not seen. */
const codeLines = (lines: readonly string[]): readonly boolean[] => {
  let inComment = false;
  return lines.map((line) => {
    const text = line.trim();
    const begins = !inComment && text.startsWith('/*');
    const within = inComment || begins;
    if (within) inComment = !text.includes('*/');
    return !within && saysSomething.test(text) && !comment.test(text);
  });
};

export const sourceOf = (content: string): Source => {
  const text = content.replace(/^\uFEFF/, '');
  return { text, code: codeLines(text.split('\n')) };
};

/** Node's own: in the place of types it puts blanks, so that every line stays where it is. An older Node has none. */
const strip: unknown = Reflect.get(nodeModule, 'stripTypeScriptTypes');

/** The TypeScript that Node runs as it is, with blanks for what it does not run. Null: nobody here can tell. */
export const withoutTypes = (text: string): string | null => {
  if (typeof strip !== 'function') return null;
  try {
    const stripped: unknown = strip(text);
    return typeof stripped === 'string' && stripped.length === text.length ? stripped : null;
  } catch {
    return null;
  }
};
