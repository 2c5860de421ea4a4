/* oxlint-disable no-control-regex -- control characters are what this file is about */

/**
 * Text from models, repositories and commands may hold anything. A terminal obeys what it is sent: it can be made to
 * rewrite lines that were shown, set the clipboard, or report itself as typed input. And everywhere a text can look like
 * another. Nothing is shown that has not been through here.
 */
const sequences =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]?/g;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** They show nothing, or turn the direction of what follows: a command could read as another than it is. */
const deceptive =
  /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const named = (char: string): string => `<U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;

/** For what models say and commands print. No escape sequences, no control characters but line ends and tabs; invisible characters by name. */
export const clean = (text: string): string =>
  text
    .replace(/\r+\n?/g, '\n')
    .replace(sequences, '')
    .replace(controls, '')
    .replace(deceptive, named);

/** Whether nothing of a text is taken out of it where it is shown: line breaks and tabs are shown. */
export const showsWhole = (text: string): boolean =>
  !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text);

const colour = /^\u001b\[[\d;]*m$/;
/** All but the escape, which is left in colours alone: every other sequence is gone by then. */
const controlsButEscape = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

/** The same with the sequences that colour a text, for who shows colours. */
export const cleanButColours = (text: string): string =>
  text
    .replace(/\r+\n?/g, '\n')
    .replace(sequences, (sequence) => (colour.test(sequence) ? sequence : ''))
    .replace(controlsButEscape, '')
    .replace(deceptive, named);

/** Of what a person sees something: no space, no control character, and none that shows nothing by itself. */
const ink = /[^\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether there is nothing to see in it, whatever it holds. */
export const isBlank = (text: string): boolean => !ink.test(text);

/** What `clean` gives, in one line: line ends and tabs are spaces. */
export const cleanLine = (text: string): string =>
  clean(text)
    .replace(/[\n\t ]+/g, ' ')
    .trim();

/** For what a person judges, such as a call or a diff: safe to print, and nothing left out that could hide a part of it. */
export const visible = (text: string): string => text.replace(controls, named).replace(deceptive, named);

/** A path as it is, or quoted as JSON where it holds what a terminal would not show, or would obey. */
export const shownPath = (path: string): string =>
  visible(path) === path && !/[\n\t"]/.test(path) ? path : visible(safeJson(path));

/** JSON for a terminal or a pipe: the control characters that JSON leaves as they are, escaped. */
export const safeJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null').replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** What a terminal would obey, taken out: for those that measure a text. */
export const withoutSequences = (text: string): string => text.replace(sequences, '');

/**
 * Arguments as they are, nothing left out: one field a line as JSON. A text of several lines is shown as a block with
 * `|` before each line, and how it ends is said, so that no text can look like another.
 */
export const exactArguments = (value: unknown): string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return visible(JSON.stringify(value) ?? '');
  return Object.entries(value)
    .map(([name, field]) =>
      typeof field === 'string' && field.includes('\n')
        ? `${visible(JSON.stringify(name))}: ${block(field)}`
        : `${visible(JSON.stringify(name))}: ${visible(JSON.stringify(field))}`,
    )
    .join('\n');
};

const block = (text: string): string => {
  const ended = text.endsWith('\n');
  const lines = (ended ? text.slice(0, -1) : text).split('\n').map((line) => `  | ${visible(line)}`);
  return `${lines.length} lines${ended ? '' : ', no line end after the last'}\n${lines.join('\n')}`;
};

/** Who did it, as people say it: `person:ada` is ada; what is no person keeps its word. */
export const actor = (by: string): string =>
  cleanLine(
    by
      .replace(/^person:/, '')
      .replace(/^github:(.+)$/, '$1 on GitHub')
      .replace(/^gitlab:(.+)$/, '$1 on GitLab'),
  );
