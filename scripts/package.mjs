// Packs the extension with its runner into dist/longhaul-<version>.vsix, and fails when it is larger than a person on a
// slow line should wait for, or when anything but what it needs is in it.
import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const file = path.join('dist', `longhaul-${version}.vsix`);
const mostBytes = 3 * 2 ** 20;

/** All that may be in the package; what is new is named here first. */
const needed =
  /^((CHANGELOG|README)\.md|LICENSE|package(\.nls)?\.json|l10n\/bundle\.l10n\.json|extension\/README\.md|dist\/[\w-]+\.mjs(\.LEGAL\.txt)?|dist\/extension\/[\w-]+\.(cjs|js|css)(\.LEGAL\.txt)?|extension\/media\/[\w/-]+\.(svg|png|gif|md))$/;

const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
const packed = spawnSync(
  process.execPath,
  [
    vsce,
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    // There is no address yet that its pictures could be had from; whoever publishes it gives one with --baseImagesUrl.
    '--no-rewrite-relative-links',
    '--readme-path',
    'extension/README.md',
    '--out',
    file,
  ],
  {
    cwd: root,
    encoding: 'utf8',
  },
);
const said = `${packed.stdout}${packed.stderr}`;
if (packed.status !== 0 || /warning/i.test(said)) {
  process.stderr.write(said);
  process.exit(1);
}
const listed = spawnSync(process.execPath, [vsce, 'ls', '--no-dependencies'], { cwd: root, encoding: 'utf8' });
const strange = listed.stdout.split('\n').filter((entry) => entry !== '' && !needed.test(entry));
if (listed.status !== 0 || strange.length > 0) {
  process.stderr.write(`longhaul: ${file} holds what it does not need: ${strange.join(', ')}\n`);
  process.exit(1);
}
const { size } = await stat(path.join(root, file));
if (size > mostBytes) {
  process.stderr.write(`longhaul: ${file} has ${size} bytes; ${mostBytes} are allowed\n`);
  process.exit(1);
}
process.stdout.write(`${file} (${(size / 2 ** 20).toFixed(2)} MB)\n`);
