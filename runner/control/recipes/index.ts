import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * The recipes that come with the runner: the text of each Markdown file of this folder, by its name. In the bundle they
 * are a part of it: scripts/build.mjs puts them in the place of this module.
 */
export const builtInRecipes: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.md'))
    .map((file) => [basename(file, '.md'), readFileSync(join(import.meta.dirname, file), 'utf8')]),
);
