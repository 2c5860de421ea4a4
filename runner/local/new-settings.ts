import { mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type NewSettings =
  | { readonly outcome: 'written'; readonly file: string }
  /** There is one of that name already. */
  | { readonly outcome: 'exists'; readonly file: string }
  /** The folder leads out of its place by a link: it could be written anywhere. */
  | { readonly outcome: 'elsewhere'; readonly folder: string };

/** Writes a file of a repository's settings that there is none of yet: `name` with its ending, in `.longhaul/<kind>` below the root. */
export const writeNewSettings = async (
  root: string,
  kind: 'recipes' | 'triggers',
  { name, text }: { readonly name: string; readonly text: string },
): Promise<NewSettings> => {
  const folder = path.join(root, '.longhaul', kind);
  const file = path.join(folder, name);
  await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) !== path.join(await realpath(root), '.longhaul', kind))
    return { outcome: 'elsewhere', folder };
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return { outcome: 'exists', file };
  }
  return { outcome: 'written', file };
};
