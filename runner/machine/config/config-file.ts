import { readFile, stat } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { isSystemError } from '../home/home.ts';
import { isObject } from './layers.ts';

type ConfigFile =
  | { readonly outcome: 'ok'; readonly values: Readonly<Record<string, unknown>> }
  /** A sentence each. */
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/** The settings that a file holds; a missing one is an empty one. Throws for broken I/O only. */
export const readConfigFile = async (file: string): Promise<ConfigFile> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // A home that is no folder is refused later, by its own name.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return { outcome: 'ok', values: {} };
    return { outcome: 'invalid', problems: [`${file} cannot be read: ${error.message}.`] };
  }
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken !== undefined) return { outcome: 'invalid', problems: [`${file}: ${broken.message}`] };
  const values: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isObject(values))
    return { outcome: 'invalid', problems: [`${file}: expected settings such as "model: {name: …}".`] };
  const others = (await stat(file)).mode & 0o077;
  if (holdsSecret(values) && others !== 0)
    return { outcome: 'invalid', problems: [`${file}: holds a key and others can read it. Run: chmod 600 ${file}`] };
  return { outcome: 'ok', values };
};

const holdsSecret = (values: object): boolean =>
  'apiKey' in values || ('store' in values && isObject(values.store) && 'url' in values.store);
