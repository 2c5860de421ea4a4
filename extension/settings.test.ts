import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { translatedManifest } from '../scripts/texts.ts';

/** The settings as VS Code lists them, and that a person finds each of them from where it matters. */

const root = path.join(import.meta.dirname, '..');

const Manifest = z.object({
  contributes: z.object({
    commands: z.array(z.object({ command: z.string(), title: z.string(), category: z.string() })),
    configuration: z.object({
      properties: z.record(
        z.string(),
        // Strict: what is not named here was not thought about.
        z.strictObject({
          type: z.enum(['string', 'boolean']),
          default: z.union([z.string(), z.boolean()]),
          scope: z.enum(['machine', 'window']),
          order: z.int(),
          markdownDescription: z.string(),
        }),
      ),
    }),
  }),
});
const manifest = () => Manifest.parse(translatedManifest());
const settings = () => Object.entries(manifest().contributes.configuration.properties);

/** Programs and texts of the extension, without tests. */
const sources = async (): Promise<readonly string[]> => {
  const files = await readdir(path.join(root, 'extension'), { recursive: true });
  const read = files.filter((file) => /\.(ts|md)$/.test(file) && !file.endsWith('.test.ts'));
  return Promise.all(read.map((file) => readFile(path.join(root, 'extension', file), 'utf8')));
};

test('a setting that says what is run or where to is of the machine: no workspace sets it, and no Settings Sync carries it on', async () => {
  expect(Object.fromEntries(settings().map(([name, { scope }]) => [name, scope]))).toEqual({
    'longhaul.url': 'machine',
    'longhaul.home': 'machine',
    'longhaul.model': 'machine',
    'longhaul.baseUrl': 'machine',
    'longhaul.notifications': 'window',
  });
});

test('each description says what its default does', async () => {
  const said = (value: string | boolean): RegExp =>
    value === '' ? /\bEmpty \(the default\): / : new RegExp(`\\bDefault: ${value === true ? 'on' : String(value)}\\.`);
  for (const [name, { default: value, markdownDescription }] of settings())
    expect({ name, markdownDescription }).toEqual({ name, markdownDescription: expect.stringMatching(said(value)) });
});

test('each setting is opened from where it matters', async () => {
  const texts = await sources();
  const opened = (name: string): boolean =>
    texts.some((text) =>
      new RegExp(`openSettings[^]{0,120}'@?(?:id:)?${name.replace('.', String.raw`\.`)}'`).test(text),
    );
  expect(
    settings()
      .filter(([name]) => !opened(name))
      .map(([name]) => name),
  ).toEqual([]);
});

test('what a description links to is there', async () => {
  const { contributes } = manifest();
  const names = Object.keys(contributes.configuration.properties);
  const commands = contributes.commands.map(({ category, title }) => `${category}: ${title}`);
  const linked: string[] = [];
  for (const [, { markdownDescription }] of settings()) {
    for (const [, name = ''] of markdownDescription.matchAll(/`#([\w.]+)#`/g)) {
      expect(names).toContain(name);
      linked.push(name);
    }
    for (const [, title = ''] of markdownDescription.matchAll(/\*(Longhaul: [^*]+)\*/g))
      expect(commands).toContain(title);
  }
  expect(linked.length).toBeGreaterThan(0);
});

test('no setting holds a secret: those are in the secret storage, which neither profiles nor Settings Sync carry', async () => {
  const secret = /key|token|secret|password|credential|authori[sz]ation/i;
  expect(settings().filter(([name]) => secret.test(name))).toEqual([]);
  // What is read from settings, in one file, is those alone; and nothing is handed to Settings Sync.
  const read = (await readFile(path.join(root, 'extension/ground/connection/settings.ts'), 'utf8')).matchAll(
    /text\('(\w+)'\)/g,
  );
  const names = settings().map(([name]) => name);
  for (const [, name = ''] of read) expect(names).toContain(`longhaul.${name}`);
  expect((await sources()).filter((text) => text.includes('setKeysForSync'))).toEqual([]);
});
