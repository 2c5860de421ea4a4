import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorMessage, Trouble, usage } from '../../shared/trouble.ts';
import { Json } from '../../shared/decision/decision.ts';
import { temporaryFolder } from '../machine/home/temporary-folder.ts';

/** `{"a": 1}`, or `@file` with the same. Throws Trouble for what is no JSON. */
export const readJson = async (given: string, cwd: string): Promise<Json> => {
  if (!given.startsWith('@')) return parse(given, '--arguments');
  const path = resolve(cwd, given.slice(1));
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw usage(`${path} cannot be read: ${errorMessage(error)}`, 'Name a file after the @.');
  });
  return parse(text, path);
};

const parse = (text: string, origin: string): Json => {
  try {
    return Json.parse(JSON.parse(text));
  } catch (error) {
    throw usage(`${origin} is no JSON: ${errorMessage(error)}`, 'Correct it and try again.');
  }
};

/** Has a person change a value in $VISUAL or $EDITOR (else vi), in a file that only they can read. */
export const editJson = async (value: Json, env: NodeJS.ProcessEnv): Promise<Json> => {
  await using folder = await temporaryFolder('longhaul-');
  const path = join(folder.path, 'arguments.json');
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
  // Through a shell, as git does it: an editor may come with its flags, such as "code --wait".
  const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' });
  // safe: what node passes to an exit listener
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0)
    throw new Trouble(`The editor ${editor} ended with ${code ?? 'a signal'}; nothing was approved.`, {
      remedy: 'Set EDITOR, or give the arguments with --arguments.',
    });
  return parse(await readFile(path, 'utf8'), 'What you wrote');
};
