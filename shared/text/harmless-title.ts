import { cleanLine } from './clean.ts';

/**
 * A title in one line, for where words have effects: nothing in it is a mention, closes an issue (GitHub knows #12, GH-12 and addresses), or has
 * checks left out ([skip ci]).
 */
export const harmlessTitle = (title: string): string =>
  cleanLine(title)
    .replaceAll(/[@#[\]]/g, ' ')
    .replaceAll(/:\/\//g, ' ')
    .replaceAll(/\bGH-(?=\d)/gi, 'GH ')
    .replaceAll(/ +/g, ' ')
    .trim();
