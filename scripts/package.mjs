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
const MOST_BYTES = 3 * 2 ** 20;

const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
const packed = spawnSync(
  process.execPath,
  [
    vsce,
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
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
const { size } = await stat(path.join(root, file));
if (size > MOST_BYTES) {
  process.stderr.write(`longhaul: ${file} has ${size} bytes; ${MOST_BYTES} are allowed\n`);
  process.exit(1);
}
process.stdout.write(`${file} (${(size / 2 ** 20).toFixed(2)} MB)\n`);
