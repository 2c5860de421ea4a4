import { globMatches } from './glob.ts';

/** What a file system may leave out of a name: HFS+ does so with these (git's utf8.c names the same). */
const ignorable = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * A path as any file system may take it that the code ever comes to: where case, composition of characters, invisible ones, trailing
 * dots and blanks make no difference, `\` parts folders and `:` begins a stream. Different paths may give the same; so it serves to
 * forbid and never to allow.
 */
const foldedPath = (path: string): string =>
  path
    .replaceAll('\\', '/')
    .normalize('NFD')
    .replaceAll(ignorable, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC')
    .split('/')
    .map((name) => (name === '.' || name === '..' ? name : name.replace(/:.*$/s, '').replace(/[. ]+$/, '')))
    .join('/');

/** The same of a glob, whose characters all stay: `**` and a name's last dot mean something there. */
const foldedGlob = (glob: string): string => glob.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');

/** Whether a path is one that the glob names, or may turn out to be one on another file system than this. */
export const globTouches = (glob: string, path: string): boolean =>
  globMatches(glob, path) || globMatches(foldedGlob(glob), foldedPath(path));

/** `{a,b}/c` is `a/c` and `b/c`. A brace that nothing closes stands for itself, as for `globMatches`. */
const alternatives = (glob: string): readonly string[] => {
  const from = glob.indexOf('{');
  if (from < 0) return [glob];
  const parts: string[] = [];
  let depth = 0;
  let start = from + 1;
  for (let at = from; at < glob.length; at += 1) {
    const char = glob[at];
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if ((char === ',' && depth === 1) || (char === '}' && depth === 0)) {
      parts.push(glob.slice(start, at));
      start = at + 1;
    }
    if (depth === 0) return parts.flatMap((part) => alternatives(`${glob.slice(0, from)}${part}${glob.slice(start)}`));
  }
  return [glob];
};

/** Whether the glob names something below this folder by the folder's own name: what leads there leads to what it protects. */
export const globGoesBelow = (glob: string, folder: string): boolean =>
  alternatives(foldedGlob(glob)).some((one) => {
    const literal = /^[^*?]*/.exec(one)?.[0] ?? '';
    return literal.startsWith(`${foldedPath(folder)}/`);
  });
