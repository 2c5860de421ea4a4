import { readTree, readTreeFile, type Tree } from '../../../shared/client/tree.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { BlobCache } from '../../ground/files/blob-cache.ts';
import { foldersOf, type Folders } from './folders.ts';

/** Contents that are kept at hand: enough for a dozen of the largest files that are shown. */
const cacheBytes = 64 * 1024 * 1024;
/** Lists of files that are kept at hand. */
const mostListed = 4;

interface Listed extends Tree {
  readonly folders: Folders;
}

/** Trees that runs saved, as they are read from the runner. What has been read of one holds for good. */
export interface Trees {
  /** The last that the run saved, or that one of them. Throws as the connection does. */
  list(run: string, tree: string | null): Promise<Listed>;
  /** A file of one; of a link where it leads. Throws as the connection does. */
  content(run: string, tree: string, path: string): Promise<Uint8Array>;
}

export const createTrees = (connection: Connection): Trees => {
  /** The longest unused first. */
  const listed = new Map<string, Promise<Listed>>();
  const cache = new BlobCache(async (run, file) => {
    const at = file.indexOf(' ');
    const input = { run, tree: file.slice(0, at), path: file.slice(at + 1) };
    return Buffer.from((await readTreeFile(await connection.api(), input)).content, 'base64');
  }, cacheBytes);

  const keep = (key: string, reading: Promise<Listed>): void => {
    listed.delete(key);
    listed.set(key, reading);
    for (const oldest of listed.keys()) if (listed.size > mostListed) listed.delete(oldest);
  };
  const read = async (run: string, tree: string | null): Promise<Listed> => {
    const found = await readTree(await connection.api(), { run, tree });
    return { ...found, folders: foldersOf(found.files) };
  };
  return {
    list: async (run, tree) => {
      const key = `${run} ${tree}`;
      const reading = (tree === null ? undefined : listed.get(key)) ?? read(run, tree);
      if (tree !== null) keep(key, reading);
      try {
        const found = await reading;
        keep(`${run} ${found.tree}`, reading);
        return found;
      } catch (error) {
        listed.delete(key);
        throw error;
      }
    },
    content: (run, tree, path) => cache.get(run, `${tree} ${path}`),
  };
};
