/** What a goal names as chat does: `#file:src/a.ts`, and `#sym:total` or `@total`. Each once, in their order. */
export interface References {
  readonly files: readonly string[];
  readonly symbols: readonly string[];
}

/** More than a person names; each symbol is a question to every language that is loaded. */
const most = 20;

const all = (text: string, pattern: RegExp): readonly string[] =>
  [...new Set([...text.matchAll(pattern)].flatMap(({ groups }) => groups?.['name'] ?? groups?.['quoted'] ?? []))].slice(
    0,
    most,
  );

/** Punctuation at the end of a path belongs to the sentence; a path with blanks stands in backticks or quotes. */
const file = /#file:(?:`(?<quoted>[^`\n]+)`|(?<name>[^\s`"'()]*[^\s`"'().,;:!?]))/g;
/** Not what is in an address, in a package's name (`@scope/name`) or behind another word. */
const symbol = /(?<![\w@/.#`])(?:@|#sym:)(?<name>[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)*)(?![\w/@-])/gu;

export const referencesOf = (text: string): References => ({ files: all(text, file), symbols: all(text, symbol) });

/** Something that was named, and where it is. */
export interface Found {
  /** As it was named. */
  readonly name: string;
  /** Paths from the root of the repository, with `:line` of a symbol. Not empty. */
  readonly places: readonly string[];
}

/** What the agent is told of them, below the goal; empty: nothing was named. */
export const referencesText = (found: readonly Found[]): string =>
  found.length === 0
    ? ''
    : ['Named in the goal:', ...found.map(({ name, places }) => `- ${name} is ${places.join(' or ')}`)].join('\n');
