import { t } from '@vscode/l10n';

/** Where a text stops being JSON. Line and column from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const space = /[ \t\n\r]*/y;
const scalar =
  // oxlint-disable-next-line no-control-regex -- JSON has none of them in a string
  /(?:"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** The first fault of a text that JSON.parse does not take; null: there is none. JSON.parse itself says no place for half of them. */
export const faultOf = (text: string): Fault | null => {
  let at = 0;
  const takes = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    at += found?.[0].length ?? 0;
    return found !== null;
  };
  const taken = (char: string): boolean => {
    takes(space);
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };
  /** What is missing at `at`; null: a value stands there, and `at` is behind it. */
  const value = (): string | null => {
    if (taken('{')) return members('}', () => (name() ? (taken(':') ? value() : '":"') : t('a name in double quotes')));
    if (taken('[')) return members(']', value);
    return takes(scalar)
      ? null
      : text[at] === '"'
        ? t('a string that ends on its line, with its escapes')
        : t('a value');
  };
  const name = (): boolean => {
    takes(space);
    return text[at] === '"' && takes(scalar);
  };
  const members = (end: '}' | ']', member: () => string | null): string | null => {
    if (taken(end)) return null;
    for (;;) {
      const missing = member();
      if (missing !== null) return missing;
      if (taken(end)) return null;
      if (!taken(',')) return t('"," or "{0}"', end);
    }
  };
  const missing = value();
  takes(space);
  const expected = missing ?? (at < text.length ? t('nothing more') : null);
  if (expected === null) return null;
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected };
};
