/* oxlint-disable no-control-regex -- control characters are what this file is about */

/**
 * Text from models, repositories and commands may hold anything, and a terminal obeys what it is sent: it can be made to
 * rewrite lines that were shown, set the clipboard, or report itself as typed input. Nothing is shown that has not been
 * through here.
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

/** The same in one line: line ends and tabs are spaces. */
export const cleanLine = (text: string): string =>
  clean(text)
    .replace(/[\n\t ]+/g, ' ')
    .trim();

/** For what a person judges, such as a call or a diff: safe to print, and nothing left out that could hide a part of it. */
export const visible = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, named).replace(deceptive, named);

/** A path as it is, or quoted as JSON where it holds what a terminal would not show, or would obey. */
export const shownPath = (path: string): string =>
  visible(path) === path && !/[\n\t"]/.test(path) ? path : safeJson(path).replace(deceptive, named);

/** JSON for a terminal or a pipe: the control characters that JSON leaves as they are, escaped. */
export const safeJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null').replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes in a terminal. Colours take none. */
export const width = (text: string): number => {
  let columns = 0;
  for (const char of text.replace(sequences, '')) {
    if (!/\p{M}/u.test(char)) columns += wide.test(char) ? 2 : 1;
  }
  return columns;
};

/** Cut to so many columns, with an ellipsis where something is missing. For text without colours. */
export const fit = (text: string, columns: number): string => {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const char of text) {
    const more = width(char);
    if (used + more > columns - 1) break;
    kept += char;
    used += more;
  }
  return `${kept}…`;
};

export const indent = (text: string, by: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : by + line))
    .join('\n');
