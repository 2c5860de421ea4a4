import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { homeFolder } from '../home/home.ts';
import { settings } from './settings.ts';

const Compose = z.object({
  services: z.record(z.string(), z.object({ environment: z.record(z.string(), z.string()) })),
});

const read = (file: string): Promise<string> => readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** Variables that the runner reads and that are no setting: secrets of the engine, and the home. */
const others = ['LONGHAUL_HOME', 'TRIGGER_SECRET_KEY', 'TRIGGER_API_URL', 'NODE_ENV'];

test('what the compose file and the image set is what the runner reads', async () => {
  const { services } = Compose.parse(parse(await read('compose.yaml')));
  const image = [...(await read('Dockerfile')).matchAll(/^ENV (.+)$/gm)].flatMap(([, words = '']) =>
    words.split(' ').map((word) => word.split('=')),
  );
  const known = new Set([...others, ...settings.flatMap(({ variable }) => variable ?? [])]);
  const set = [...Object.keys(services['longhaul']?.environment ?? {}), ...image.map(([name = '']) => name)];
  expect(set.filter((name) => !known.has(name))).toEqual([]);
  expect(homeFolder(Object.fromEntries(image))).toBe('/var/lib/longhaul');
});
