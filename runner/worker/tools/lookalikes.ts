import { named } from './encoding.ts';

/** Characters that people and editors put where models write those of a keyboard, one for one. */
const plain: ReadonlyMap<string, string> = new Map(
  [
    ["'", '\u2018\u2019\u201a\u201b\u2032\u02bc'],
    ['"', '\u201c\u201d\u201e\u201f\u2033'],
    ['-', '\u2010\u2011\u2012\u2013\u2014\u2015\u2212'],
    [' ', '\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000'],
  ].flatMap(([key = '', like = '']) => Array.from(like, (character) => [character, key] as const)),
);

/** The same for texts that look alike: other quotes, dashes and blanks, composed and decomposed characters. For comparing alone. */
export const alike = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\u00a0-\uffff]/g, (character) => plain.get(character) ?? character)
    .replace(/\u200b|\u200c|\u200d|\u2060|\ufeff|\u00ad/g, '');

/** Why a text that looks like another is not the same, for a message; with the characters by their names. */
export const difference = (wanted: string, there: string): string => {
  const has = unlike(there, wanted);
  const given = unlike(wanted, there);
  const parts = [
    ...(has.length === 0 ? [] : [`it has ${has.join(', ')}, which the given text has not`]),
    ...(given.length === 0 ? [] : [`the given text has ${given.join(', ')}, which it has not`]),
  ];
  return parts.length === 0 ? 'the characters are in another order' : parts.join('; ');
};

/** Characters beyond ASCII that a text has and another has not. */
const unlike = (text: string, other: string): readonly string[] => {
  const known = new Set(other);
  return [...new Set(text)]
    .filter((character) => character > '\u007f' && !known.has(character))
    .slice(0, 8)
    .map(named);
};
