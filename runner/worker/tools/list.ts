import { lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, findInside } from './inside.ts';
import { headOf, outputBytes } from './output.ts';
import { defineTool, done, failed } from './tool.ts';

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
    await addFolder(listing, { folder: inside.path, indent: '', depth: depth ?? 1 });
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

const addFolder = async (listing: Listing, at: { folder: string; indent: string; depth: number }): Promise<void> => {
  const names = await namesIn(at.folder);
  if (names === null) {
    listing.lines.push(`${at.indent}(its permissions forbid to list it)`);
    return;
  }
  for (const [index, name] of names.entries()) {
    if (index >= mostInFolder || listing.lines.length >= mostEntries) {
      listing.left += names.length - index;
      return;
    }
    const file = path.join(at.folder, name);
    const stats = await lstat(file);
    if (stats.isDirectory()) {
      listing.lines.push(`${at.indent}${name}/`);
      if (at.depth > 1) await addFolder(listing, { folder: file, indent: `${at.indent}  `, depth: at.depth - 1 });
    } else if (stats.isSymbolicLink()) listing.lines.push(`${at.indent}${name} -> ${await readlink(file)}`);
    else listing.lines.push(`${at.indent}${name}  ${stats.size}`);
  }
};

/** Null: it must not be listed. */
const namesIn = async (folder: string): Promise<readonly string[] | null> => {
  try {
    return (await readdir(folder)).filter((name) => name !== '.git').sort();
  } catch (error) {
    if (codeOf(error) === 'EACCES') return null;
    throw error;
  }
};
