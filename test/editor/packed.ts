import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../harness/rig.ts';

/** The package that `npm run package` made. */
export const packedExtension = (): string => {
  // safe: our own manifest
  const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const file = path.join(projectRoot, 'dist', `longhaul-${version}.vsix`);
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run package`);
  return file;
};

/** `publisher.name`, as VS Code knows it. */
export const extensionId = 'longhaul.longhaul';

/** The folder that the extension with this id was unpacked to. */
export const installedIn = async (extensions: string, id: string): Promise<string> => {
  const name = (await readdir(extensions)).find((entry) => entry.toLowerCase().startsWith(`${id.toLowerCase()}-`));
  if (name === undefined) throw new Error(`${id} is not installed in ${extensions}`);
  return path.join(extensions, name);
};
