import { clean, cleanLine } from '../text/clean.ts';

/** A text of somebody else's in a fence that nothing in it ends. */
export const fenced = (text: string): string => {
  const shown = clean(text);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${shown}\n${fence}`;
};

export const code = (text: string): string => {
  const line = cleanLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${line}\`` : `${ticks} ${line} ${ticks}`;
};

/** One line in which no character means anything to Markdown, and which mentions nobody: an empty comment takes `@` and `#` from what follows. */
export const plainLine = (text: string): string =>
  cleanLine(text)
    .replace(/[\\`*_{}[\]<>()+!|~&^$=#-]/g, '\\$&')
    .replace(/([@#])(?=\S)/g, '$1<!-- -->')
    .replace(/(https?|ftps?|mailto|xmpp|www)(?=:|\.)/gi, '$1<!-- -->')
    .replace(/GH(?=\\?-\d)/gi, 'GH<!-- -->');

export const plainText = (text: string): string =>
  clean(text)
    .split('\n')
    .map((line) => plainLine(line).replace(/^(\d+)([.)])/, '$1\\$2'))
    .join('  \n')
    .trim();

/** Such a text as whoever reads it sees it, and as it was before it was made plain. */
export const asRead = (text: string): string =>
  text
    .replaceAll('<!-- -->', '')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .replace(/ {2}$/gm, '');
