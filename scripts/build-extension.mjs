// Bundles the editor into dist/extension/main.cjs (what VS Code loads; Node's require, since its loader has no import)
// and the history panel's page beside it. `vscode` is VS Code's own.
import { existsSync } from 'node:fs';
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

await build({
  ...common,
  entryPoints: { main: 'extension/main.ts' },
  outExtension: { '.js': '.cjs' },
  external: ['vscode'],
  format: 'cjs',
  platform: 'node',
  target: 'node22.13',
});

const pages = Object.fromEntries(
  [
    ['history', 'extension/history/webview/main.ts'],
    ['run-page', 'extension/run-page/webview/main.ts'],
  ].filter(([, file]) => existsSync(path.join(root, file))),
);
await build({
  ...common,
  sourcemap: false,
  entryPoints: { history: 'extension/history/webview/style.css' },
});
if (Object.keys(pages).length > 0)
  await build({ ...common, entryPoints: pages, format: 'iife', platform: 'browser', target: 'chrome120' });
