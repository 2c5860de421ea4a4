import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleSuite } from './inhost/bundle.ts';
import { names, type Report } from './inhost/names.ts';
import { extensionId, packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { picture } from './steps.ts';
import { output, Workbench } from './workbench.ts';

const SUITE_MS = 240_000;

let report: Report = {};
const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());

beforeAll(async () => {
  await mkdir(output, { recursive: true });
  const place = things.use(await Place.make());
  // What the suite wants to find in the queue must stay there.
  place.model.hold('[hold]', 0);
  const file = path.join(place.folder, 'report.json');
  const workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: { ...place.env, LONGHAUL_TEST_REPORT: file, LONGHAUL_TEST_NAME: process.env['LONGHAUL_TEST_NAME'] ?? '' },
      inHost: true,
    }),
  );
  const suite = path.join(place.folder, 'suite.cjs');
  await bundleSuite(suite);
  const page = await workbench.open(place.repository, 'tests');
  const ended = Promise.withResolvers<number>();
  await page.exposeFunction('codeAutomationLog', () => {});
  await page.exposeFunction('codeAutomationExit', (code: number) => ended.resolve(code));
  const { host } = new URL(workbench.url);
  const remote = (of: string): string => `vscode-remote://${host}${of}`;
  const payload = JSON.stringify([
    ['extensionDevelopmentPath', remote(await workbench.installed(extensionId))],
    ['extensionTestsPath', remote(suite)],
  ]);
  await page.goto(
    `${workbench.url}/?folder=${encodeURIComponent(place.repository)}&payload=${encodeURIComponent(payload)}`,
  );
  const timeout = setTimeout(() => ended.resolve(-1), SUITE_MS - 30_000);
  await ended.promise;
  clearTimeout(timeout);
  await picture(page, 'in-host');
  // safe: written by the suite, with this type
  report = JSON.parse(await readFile(file, 'utf8')) as Report;
  for (const [name, { ms, notes }] of Object.entries(report))
    console.log(`${Math.round(ms)} ms  ${name}${notes.map((note) => `\n        ${note}`).join('')}`);
}, SUITE_MS);

test.each(names)('%s', (name) => {
  expect(report[name]).toEqual(expect.objectContaining({ failure: null }));
});
