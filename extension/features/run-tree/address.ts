import { z } from 'zod';
import { GitObject, RunId } from '../../../shared/ids.ts';

/** The scheme of documents and folders of trees that runs saved. Their addresses alone say what they are, so that they come back with a window. */
export const treeScheme = 'longhaul-tree';

export interface TreeAddress {
  readonly run: string;
  /** The run's, for the person who sees the address. */
  readonly number: number;
  /** The tree that it is from: what the run saves later does not change what is open. */
  readonly tree: string;
  /** Path in the repository; empty: its root. */
  readonly path: string;
}

/** The parts of a URI, as `vscode.Uri.from` takes and `vscode.Uri` has them. */
type UriParts = Readonly<Record<'scheme' | 'authority' | 'path' | 'query', string>>;

/**
 * A tab beside one of the same file on the disk tells them apart by the folder that the path begins with. What lies above that folder, which a list
 * of its neighbours asks for, has the same query.
 */
export const uriParts = ({ run, number, tree, path }: TreeAddress): UriParts => ({
  scheme: treeScheme,
  authority: run,
  path: path === '' ? `/${rootName(number)}` : `/${rootName(number)}/${path}`,
  query: new URLSearchParams({ number: String(number), tree }).toString(),
});

/** What the root of a tree is called. */
export const rootName = (number: number): string => `#${number}`;

const Said = z.object({ run: RunId, number: z.coerce.number().int().positive(), tree: GitObject });

/** What an address is of; `path` null: what lies above the tree. Null: it is of no tree. */
export const addressOf = ({
  scheme,
  authority,
  path,
  query,
}: UriParts): (Omit<TreeAddress, 'path'> & { readonly path: string | null }) | null => {
  const said = Said.safeParse({ run: authority, ...Object.fromEntries(new URLSearchParams(query)) });
  if (scheme !== treeScheme || !said.success) return null;
  if (path === '' || path === '/') return { ...said.data, path: null };
  const root = `/${rootName(said.data.number)}`;
  const below = path === root ? '' : path.startsWith(`${root}/`) ? path.slice(root.length + 1) : null;
  return below === null ? null : { ...said.data, path: below.replace(/\/+$/, '') };
};
