import { existsSync } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SettingsFile } from '../../shared/recipe/settings-file.ts';
import { settingsLimits } from '../machine/repository/settings.ts';

const kinds = {
  recipes: { ending: /\.md$/, most: settingsLimits.recipeBytes },
  triggers: { ending: /\.ya?ml$/, most: settingsLimits.triggerBytes },
};

/** The recipes or the triggers of a repository as its folder has them, committed or not, by name. `text` null: it is too large, or no file. */
export const filesIn = async (root: string, kind: keyof typeof kinds): Promise<SettingsFile[]> => {
  const folder = join(root, '.longhaul', kind);
  const { ending, most } = kinds[kind];
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => ending.test(name)).toSorted() : [];
  return Promise.all(
    names.map(async (name) => {
      const { size, ...entry } = await lstat(join(folder, name));
      const readable = size <= most && (entry.mode & 0o170000) === 0o100000;
      const text = readable ? await readFile(join(folder, name), 'utf8') : null;
      return { path: `${kind}/${name}`, bytes: size, text };
    }),
  );
};
