import { lstat, readdir, readlink } from 'node:fs/promises';
import { findInside } from './inside.ts';
import { headOf, outputBytes } from './output.ts';
import { codeOf, defineTool, done, failed } from './tool.ts';

/** Entries shown of one folder, and in all: what is more is better searched. */
const mostInFolder = 200;
const mostEntries = 600;

export const list = defineTool({
  name: 'list',
  description:
    'List a folder as a tree: folders end with a slash, files have their size in bytes, symbolic links their target. Ignored files are shown too; .git is not.',
  run: async ({ path: given, depth }, { root }) => {
    const inside = await findInside({ root, path: given ?? '.' });
    if (inside.outcome === 'refused') return failed(inside.message);
    if (inside.outcome === 'missing') return failed(`${inside.shown} does not exist. List the folder above it.`);
    if (!inside.stats.isDirectory())
      return failed(`${inside.shown} is a file of ${inside.stats.size} bytes; use read.`);
    const listing: Listing = { lines: [], left: 0 };
    await addFolder(listing, { folder: Buffer.from(inside.path), indent: '', depth: depth ?? 1 });
    if (listing.lines.length === 0) return done(`${inside.shown} is empty.`);
    const text = `${listing.lines.join('\n')}\n`;
    const body = headOf(text, outputBytes - 100);
    const left = listing.left + text.slice(body.length).split('\n').length - 1;
    return done(left === 0 ? body : `${body}[${left} more left out; list a folder below, or less deep.]\n`);
  },
});

interface Listing {
  readonly lines: string[];
  /** Entries that were seen and not shown. */
  left: number;
}

const addFolder = async (listing: Listing, at: { folder: Buffer; indent: string; depth: number }): Promise<void> => {
  const names = await namesIn(at.folder);
  if (typeof names === 'string') {
    listing.lines.push(`${at.indent}(${names})`);
    return;
  }
  for (const [index, name] of names.entries()) {
    if (index >= mostInFolder || listing.lines.length >= mostEntries) {
      listing.left += names.length - index;
      return;
    }
    const file = Buffer.concat([at.folder, slash, name]);
    const shown = shownName(name);
    const kind = await kindOf(file);
    listing.lines.push(`${at.indent}${shown}${kind === 'folder' ? '/' : kind}`);
    if (kind === 'folder' && at.depth > 1)
      await addFolder(listing, { folder: file, indent: `${at.indent}  `, depth: at.depth - 1 });
  }
};

const slash = Buffer.from('/');

/** What is said behind a name of what is no folder. */
const kindOf = async (file: Buffer): Promise<string> => {
  try {
    const stats = await lstat(file);
    if (stats.isDirectory()) return 'folder';
    if (stats.isSymbolicLink()) return ` -> ${shownName(await readlink(file, { encoding: 'buffer' }))}`;
    return stats.isFile() ? `  ${stats.size}` : '  (no ordinary file)';
  } catch (error) {
    return `  (${whyNot(error)})`;
  }
};

/** Names are bytes. What would end the line, or is no text, is shown by its numbers. */
const shownName = (name: Buffer): string => {
  const text = name.toString();
  const isText = Buffer.from(text).equals(name);
  return (isText ? text : name.toString('latin1')).replace(
    isText ? control : noAscii,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
};

// oxlint-disable-next-line no-control-regex -- these are what it is about
const control = /[\u0000-\u001f\u007f]/g;
const noAscii = /[^\u0020-\u007e]/g;

/** A text: why it cannot be listed. */
const namesIn = async (folder: Buffer): Promise<readonly Buffer[] | string> => {
  try {
    const names = await readdir(folder, { encoding: 'buffer' });
    return names.filter((name) => name.toString('latin1') !== '.git').sort(byCharacters);
  } catch (error) {
    return whyNot(error);
  }
};

const byCharacters = (one: Buffer, other: Buffer): number => {
  const [a, b] = [one.toString(), other.toString()];
  return a < b ? -1 : a > b ? 1 : Buffer.compare(one, other);
};

const whyNot = (error: unknown): string => {
  const code = codeOf(error);
  switch (code) {
    case null:
      throw error;
    case 'EACCES':
    case 'EPERM':
      return 'its permissions forbid to list it';
    case 'ENAMETOOLONG':
      return 'its path is too long';
    case 'ENOENT':
      return 'it is gone';
    default:
      return `it cannot be read: ${code}`;
  }
};
