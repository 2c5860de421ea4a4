// Bundles the editor into dist/extension: main.cjs, which VS Code loads when a window opens (Node's require, since its loader has
// no import), parts.cjs, which that loads when it is first used, schedule.cjs, which a new automation needs, and the scripts of its pages. `vscode` is VS Code's own.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const common = {
  absWorkingDir: root,
  outdir: 'dist/extension',
  bundle: true,
  minify: true,
  keepNames: false,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'linked',
  logLevel: 'warning',
};

/** The same names, imported so that esbuild can leave out what nobody uses: all of zod's languages, and most of its kinds. */
const slimZod = {
  name: 'slim-zod',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      if (file.includes('node_modules')) return undefined;
      const text = await readFile(file, 'utf8');
      return { loader: 'ts', contents: text.replace("import { z } from 'zod';", "import * as z from 'zod';") };
    });
  },
};

/** The rest is a file of its own, and so is what knows schedules: a window that does not use it does not even read it. */
const partsApart = {
  name: 'parts-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /(^\.\/parts|\/runner\/local\/schedule)\.ts$/ }, ({ kind, path: file }) =>
      kind === 'dynamic-import' ? { path: `./${path.basename(file, '.ts')}.cjs`, external: true } : undefined,
    );
  },
};

/** Bytes that a window reads: of the first in each window, of the second once Longhaul is used. What is above came in by mistake. */
const most = { 'main.cjs': 12_000, 'parts.cjs': 520_000 };

await rm(path.join(root, 'dist', 'extension'), { recursive: true, force: true });
const { metafile } = await build({
  ...common,
  metafile: true,
  plugins: [slimZod, partsApart],
  entryPoints: { main: 'extension/main.ts', parts: 'extension/parts.ts', schedule: 'runner/local/schedule.ts' },
  supported: { 'dynamic-import': false },
  outExtension: { '.js': '.cjs' },
  external: ['vscode'],
  format: 'cjs',
  platform: 'node',
  target: 'node22.13',
});
for (const [name, limit] of Object.entries(most)) {
  const { bytes, inputs } = metafile.outputs[`dist/extension/${name}`];
  if (bytes <= limit) continue;
  const largest = Object.entries(inputs)
    .toSorted(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 5)
    .map(([file]) => file);
  throw new Error(
    `${name} has ${bytes} bytes, and at most ${limit} are meant to be loaded. Largest: ${largest.join(', ')}`,
  );
}

const pages = Object.fromEntries(
  [
    ['history', 'extension/features/history/webview/main.ts'],
    ['page', 'extension/ground/page/webview/main.ts'],
  ].filter(([, file]) => existsSync(path.join(root, file))),
);
await build({
  ...common,
  sourcemap: false,
  entryPoints: {
    history: 'extension/features/history/webview/style.css',
    page: 'extension/ground/page/webview/page.css',
  },
});
if (Object.keys(pages).length > 0)
  await build({ ...common, entryPoints: pages, format: 'iife', platform: 'browser', target: 'chrome120' });
