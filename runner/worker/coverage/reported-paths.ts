import path from 'node:path';
import type { Report } from './reports.ts';

/** What names of a report are looked up in. */
export interface Lookup {
  /** Absolute paths that the tree has: inside of the sandbox, and here. */
  readonly roots: readonly string[];
  /** Whether there is such a file in the tree. */
  readonly exists: (path: string) => Promise<boolean>;
  /** The text of a small file of the tree; null: there is none. */
  readonly read: (path: string) => Promise<string | null>;
}

/** A path of the tree from an absolute one; null: it is outside. */
export const insideOf = (roots: readonly string[], absolute: string): string | null => {
  const normal = path.posix.normalize(absolute);
  const root = roots.find((one) => normal.startsWith(`${one}/`));
  return root === undefined ? null : normal.slice(root.length + 1);
};

const joined = (folder: string, name: string): string | null => {
  if (name.startsWith('/')) return null;
  const whole = path.posix.join(folder, name);
  return whole === '..' || whole.startsWith('../') ? null : whole;
};

/** The folder that a report is in, and all above it, down to the tree's own. */
const foldersAbove = (report: string): readonly string[] => {
  const folder = path.posix.dirname(report);
  return folder === '.' ? [''] : [folder, ...foldersAbove(folder)];
};

const candidatesOf = (
  name: string,
  report: { readonly path: string; readonly sources: readonly string[] },
  roots: readonly string[],
): readonly string[] => {
  if (name.startsWith('/')) return [insideOf(roots, name)].filter((one) => one !== null);
  const above = foldersAbove(report.path);
  const sources = report.sources.flatMap((source): readonly (string | null)[] => {
    if (!source.startsWith('/')) return above.map((folder) => joined(folder, source));
    return [roots.includes(source.replace(/\/+$/, '')) ? '' : insideOf(roots, source)];
  });
  return [...sources.filter((one) => one !== null), ...above]
    .map((folder) => joined(folder, name))
    .filter((one) => one !== null);
};

/** The one file of the tree that a report can mean by a name; null: none, or there are several, which nobody can tell apart. */
const found = async (candidates: readonly string[], { exists }: Lookup): Promise<string | null> => {
  const there: string[] = [];
  for (const candidate of new Set(candidates)) if (await exists(candidate)) there.push(candidate);
  const [only = null, ...others] = there;
  return others.length === 0 ? only : null;
};

const moduleName = /^module[ \t]+"?([^\s"]+)"?/m;

/** Go names files by their module, which a go.mod at or above them says. */
const goModules = async (
  report: string,
  { read }: Lookup,
): Promise<readonly { readonly name: string; readonly folder: string }[]> => {
  const modules = [];
  for (const folder of foldersAbove(report)) {
    const name = moduleName.exec((await read(path.posix.join(folder, 'go.mod'))) ?? '')?.[1];
    if (name !== undefined) modules.push({ name, folder });
  }
  return modules;
};

/** Which files of the tree a report at this path speaks of, by the names that it has for them. Names that lead outside are left out. */
export const pathsOf = async (
  report: Report,
  at: string,
  lookup: Lookup,
): Promise<(name: string) => Promise<string | null>> => {
  if (report.format !== 'go')
    return (name) => found(candidatesOf(name, { path: at, sources: report.sources }, lookup.roots), lookup);
  const modules = await goModules(at, lookup);
  return (name) =>
    found(
      modules.flatMap((one) => {
        const inside = name.startsWith(`${one.name}/`) ? joined(one.folder, name.slice(one.name.length + 1)) : null;
        return inside === null ? [] : [inside];
      }),
      lookup,
    );
};
