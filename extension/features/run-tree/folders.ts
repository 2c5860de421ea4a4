/** What lies in each folder of a tree: names, and whether they are folders. By path; the root's is empty. */
export type Folders = ReadonlyMap<string, ReadonlyMap<string, 'file' | 'folder'>>;

/** The folders of a tree, which git does not list: each is where its files are. */
export const foldersOf = (files: readonly string[]): Folders => {
  const folders = new Map<string, Map<string, 'file' | 'folder'>>([['', new Map()]]);
  const add = (path: string, kind: 'file' | 'folder'): void => {
    const { folder, name } = placeOf(path);
    const there = folders.get(folder);
    if (there !== undefined) {
      there.set(name, kind);
      return;
    }
    folders.set(folder, new Map([[name, kind]]));
    add(folder, 'folder');
  };
  for (const file of files) add(file, 'file');
  return folders;
};

/** Where a path lies, and what it is called there. */
export const placeOf = (path: string): { readonly folder: string; readonly name: string } => {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, at)), name: path.slice(at + 1) };
};

/** The first so many files with that text in their paths, in any case. */
export const filesWith = (files: readonly string[], text: string, most: number): readonly string[] => {
  const wanted = text.trim().toLowerCase();
  const found: string[] = [];
  for (const file of files) {
    if (found.length === most) break;
    if (file.toLowerCase().includes(wanted)) found.push(file);
  }
  return found;
};
