// The suite inside of the extension host, in desktop VS Code, where that can be downloaded (and shown: on a machine without
// a screen, run it under xvfb-run): npm run test:editor:desktop
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runTests, runVSCodeCommand } from '@vscode/test-electron';
import { bundleSuite } from './inhost/bundle.ts';
import type { Report } from './inhost/names.ts';
import { extensionId, installedIn, packedExtension } from './packed.ts';
import { Place } from './place.ts';

await using place = await Place.make();
place.model.hold('[hold]', 0);
const report = path.join(place.folder, 'report.json');
const suite = path.join(place.folder, 'suite.cjs');
const extensions = path.join(place.folder, 'extensions');
const folders = ['--user-data-dir', path.join(place.folder, 'data'), '--extensions-dir', extensions];
await mkdir(extensions);
await bundleSuite(suite);
await runVSCodeCommand([...folders, '--install-extension', packedExtension()]);
try {
  await runTests({
    extensionDevelopmentPath: await installedIn(extensions, extensionId),
    extensionTestsPath: suite,
    launchArgs: [place.repository, ...folders, '--disable-workspace-trust'],
    extensionTestsEnv: { ...place.env, LONGHAUL_TEST_REPORT: report },
  });
} catch {
  process.exitCode = 1;
}
// safe: written by the suite, with this type
for (const [name, { failure, ms }] of Object.entries(JSON.parse(await readFile(report, 'utf8')) as Report))
  console.log(
    `${failure === null ? 'ok    ' : 'FAILED'} ${Math.round(ms)} ms  ${name}${failure === null ? '' : `\n${failure}`}`,
  );
