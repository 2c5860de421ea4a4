import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../harness/rig.ts';
import { bundleForHost } from '../inhost/bundle.ts';

const manifest = {
  name: 'shop-tests',
  publisher: 'longhaul-tests',
  version: '1.0.0',
  engines: { vscode: '^1.139.0' },
  main: './main.cjs',
  activationEvents: ['onStartupFinished'],
};

/** Packs the extension with the sample's tests into a new folder; resolves with the package. */
export const packShopTests = async (folder: string): Promise<string> => {
  await mkdir(folder);
  await bundleForHost(path.join(import.meta.dirname, 'main.ts'), path.join(folder, 'main.cjs'));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const vsix = path.join(folder, 'shop-tests.vsix');
  const vsce = path.join(projectRoot, 'node_modules', '@vscode', 'vsce', 'vsce');
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  const packed = spawnSync(process.execPath, [vsce, 'package', ...flags], { cwd: folder, encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(`${folder} cannot be packed:\n${packed.stderr}`);
  return vsix;
};
