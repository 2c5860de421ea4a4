import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Trouble } from '../../../shared/trouble.ts';

/** What the official command line needs: the sources of the task, and itself. */
export interface Project {
  readonly root: string;
  /** The file that is run with node. */
  readonly cli: string;
}

/** The checkout that this program is part of. Throws Trouble where it is an installation without sources. */
export const findProject = async (): Promise<Project> => {
  const root = await above(import.meta.dirname, 'trigger.config.ts');
  if (root === null)
    throw new Trouble('This installation has no sources of the task, so that there is nothing to build.', {
      remedy: 'Deploy from a checkout: git clone, npm run setup, then npx longhaul deploy.',
    });
  try {
    const manifest = createRequire(path.join(root, 'package.json')).resolve('trigger.dev/package.json');
    return { root, cli: path.join(path.dirname(manifest), 'dist/esm/index.js') };
  } catch {
    throw new Trouble(`The official command line, trigger.dev, is not installed in ${root}.`, {
      remedy: `Install what the checkout needs: cd ${root} && npm run setup`,
    });
  }
};

const above = async (folder: string, file: string): Promise<string | null> => {
  for (let at = folder; ; at = path.dirname(at)) {
    const found = await access(path.join(at, file)).then(
      () => true,
      () => false,
    );
    if (found) return at;
    if (at === path.dirname(at)) return null;
  }
};
