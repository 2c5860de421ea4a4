import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { bundleSuite } from './inhost/bundle.ts';
import type { Report } from './inhost/names.ts';
import { extensionId, packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { picture } from './steps.ts';
import { output, Workbench } from './workbench.ts';

/** ms for the whole suite; it takes a tenth of it on two busy cores. */
export const suiteMs = 1_800_000;

/** A window on a folder whose extension host runs a suite; `ended` resolves when that is over. */
export const openInHost = async (
  workbench: Workbench,
  folder: string,
  suite: string,
): Promise<{ readonly page: Page; readonly ended: PromiseWithResolvers<void> }> => {
  const page = await workbench.open(folder, 'tests');
  const ended = Promise.withResolvers<void>();
  await page.exposeFunction('codeAutomationLog', () => {});
  await page.exposeFunction('codeAutomationExit', () => ended.resolve());
  const { host } = new URL(workbench.url);
  const remote = (of: string): string => `vscode-remote://${host}${of}`;
  const payload = JSON.stringify([
    ['extensionDevelopmentPath', remote(await workbench.installed(extensionId))],
    ['extensionTestsPath', remote(suite)],
  ]);
  await page.goto(`${workbench.url}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(payload)}`);
  return { page, ended };
};

/** Runs the suite inside of the extension host of a real workbench: those of its tests whose names have this text. */
export const runInHost = async (named = ''): Promise<Report> => {
  await mkdir(output, { recursive: true });
  await using place = await Place.make();
  // What the suite wants to find in the queue must stay there.
  place.model.hold('[hold]', 0);
  const file = path.join(place.folder, 'report.json');
  await using workbench = await Workbench.start({
    folder: path.join(place.folder, 'code'),
    vsix: packedExtension(),
    env: {
      ...place.env,
      LONGHAUL_TEST_REPORT: file,
      LONGHAUL_TEST_NAME: named,
      LONGHAUL_TEST_SEED: process.env['LONGHAUL_TEST_SEED'] ?? '',
    },
    // Chat's tools are what one of the tests calls.
    settings: { 'chat.disableAIFeatures': false },
    inHost: true,
  });
  const suite = path.join(place.folder, 'suite.cjs');
  await bundleSuite(suite);
  const { page, ended } = await openInHost(workbench, place.repository, suite);
  const timeout = setTimeout(() => ended.resolve(), suiteMs - 30_000);
  await ended.promise;
  clearTimeout(timeout);
  await picture(page, 'in-host');
  // safe: written by the suite, with this type
  return JSON.parse(await readFile(file, 'utf8')) as Report;
};
