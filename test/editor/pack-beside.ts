import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../harness/rig.ts';
import { bundleForHost } from './inhost/bundle.ts';

interface Beside {
  readonly name: string;
  /** Its code, a file of ours. */
  readonly main: string;
  /** What its manifest says besides. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Packs an extension that is to be installed beside ours into a new folder; resolves with the package. */
const packBeside = async (folder: string, { name, main, manifest }: Beside): Promise<string> => {
  await mkdir(folder);
  await bundleForHost(main, path.join(folder, 'main.cjs'));
  const own = { name, publisher: 'longhaul-tests', version: '1.0.0', engines: { vscode: '^1.139.0' } };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ ...own, main: './main.cjs', ...manifest }));
  const vsix = path.join(folder, `${name}.vsix`);
  const vsce = path.join(projectRoot, 'node_modules', '@vscode', 'vsce', 'vsce');
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  const packed = spawnSync(process.execPath, [vsce, 'package', ...flags], { cwd: folder, encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(`${folder} cannot be packed:\n${packed.stderr}`);
  return vsix;
};

/** The one that shows the sample's tests in the Testing view. */
export const packShopTests = (folder: string): Promise<string> =>
  packBeside(folder, {
    name: 'shop-tests',
    main: path.join(import.meta.dirname, 'shop-tests', 'main.ts'),
    manifest: { activationEvents: ['onStartupFinished'] },
  });

/** The one with nothing but a view of some rows, named Bare. */
export const packBareView = (folder: string): Promise<string> =>
  packBeside(folder, {
    name: 'bare-view',
    main: path.join(import.meta.dirname, 'bare-view', 'main.ts'),
    manifest: {
      activationEvents: [],
      contributes: {
        viewsContainers: { activitybar: [{ id: 'bare', title: 'Bare', icon: '$(list-flat)' }] },
        views: { bare: [{ id: 'bare.rows', name: 'Rows' }] },
      },
    },
  });

/** The one that has the extension host take itself for Windows'. */
export const packOtherSystem = (folder: string): Promise<string> =>
  packBeside(folder, {
    name: 'other-system',
    main: path.join(import.meta.dirname, 'other-system', 'main.ts'),
    manifest: { activationEvents: ['*'] },
  });
