import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { longhaul } from '../harness/rig.ts';
import { extensionId, packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  delegateFrom,
  dialog,
  notification,
  openActivity,
  palette,
  picture,
  treeItem,
} from './steps.ts';
import { Workbench } from './workbench.ts';

/** What a person sees where nothing answers, or nothing may be done. */

const { version } = manifest;

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;

const start = (folder: string, restricted: boolean): Promise<Workbench> =>
  Workbench.start({ folder: path.join(place.folder, folder), vsix: packedExtension(), env: place.env, restricted });

beforeAll(async () => {
  place = things.use(await Place.make());
  workbench = things.use(await start('code', false));
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

test('a runner that does not answer is waited for in the row, which offers nothing meanwhile', async () => {
  const gate = place.model.hold('[line] Say sums', 0);
  await delegateFrom(page, ['README.md'], '[line] Say sums');
  await openActivity(page, /^Longhaul/);
  const row = treeItem(page, /^Run 1, .*working/);
  await row.waitFor();
  await gate.reached;
  const pid = (await (await place.api()).runner.info.query()).place?.pid ?? 0;
  onTestFinished(() => {
    gate.open();
    process.kill(pid, 'SIGCONT');
  });
  process.kill(pid, 'SIGSTOP');
  await chooseFromMenu(row, /^Cancel Run/);
  await dialog(page, 'Cancel').getByRole('button', { name: 'Cancel Run' }).click();
  const waiting = treeItem(page, /^Run 1, .*waiting for the runner/);
  await waiting.waitFor();
  await notification(page, 'waiting for the runner').waitFor();
  await picture(page, '70 waiting for the runner');
  await waiting.click({ button: 'right' });
  await page.keyboard.press('Escape');
  expect(await page.getByRole('menuitem', { name: /^Cancel Run/ }).count()).toBe(0);
  process.kill(pid, 'SIGCONT');
  await treeItem(page, /^Done: 1 run/).waitFor();
  expect((await place.settled(() => true)).status).toBe('cancelled');
});

test('in Restricted Mode the views say what can be done, and nothing is delegated', async () => {
  await workbench.closeWindows();
  const untrusted = things.use(await start('untrusted', true));
  page = await untrusted.open(place.repository);
  await openActivity(page, /^Longhaul/);
  await page.getByText('Restricted Mode: runs can be read').first().waitFor();
  await page.getByRole('button', { name: 'Manage Workspace Trust' }).first().waitFor();
  await picture(page, '71 restricted mode');
  await palette(page, 'Longhaul: Delegate to Background Agent');
  const told = notification(page, 'Restricted Mode: runs can be read, rejected and cancelled.');
  await told.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
  await treeItem(page, /^Done: 1 run/).waitFor();
  expect((await (await place.api()).runs.list.query({})).runs).toHaveLength(1);
  await picture(page, '72 nothing is delegated');
  await palette(page, 'Notifications: Clear All Notifications');
  await told.waitFor({ state: 'hidden' });
  await palette(page, 'Longhaul: New Automation');
  await told.waitFor();
  expect(await page.locator('.quick-input-widget:visible').count()).toBe(0);
  // Its window would start a runner whenever there is none.
  await untrusted.closeWindows();
  await untrusted.stopServer();
});

/** The program that the extension brings, as if it were of an earlier version. */
const earlier = async (): Promise<string> => {
  const folder = path.join(place.folder, 'earlier');
  await cp(await workbench.installed(extensionId), folder, { recursive: true });
  const dist = path.join(folder, 'dist');
  for (const name of (await readdir(dist)).filter((one) => one.endsWith('.mjs'))) {
    const file = path.join(dist, name);
    const text = await readFile(file, 'utf8');
    if (text.includes(`"${version}"`)) await writeFile(file, text.replaceAll(`"${version}"`, '"0.0.9"'));
  }
  return path.join(dist, 'longhaul.mjs');
};

test('a runner of another version is said to be one, and restarted from there', async () => {
  await workbench.stopServer();
  const env = { ...process.env, ...place.env };
  const run = promisify(execFile);
  await run(process.execPath, [longhaul, 'stop'], { env });
  await run(process.execPath, [await earlier(), 'serve', '--detach', '--on-demand'], { env });
  expect((await (await place.api()).runner.info.query()).version).toBe('0.0.9');
  await workbench.startServer();
  page = await workbench.open(place.repository);
  await openActivity(page, /^Longhaul/);
  const told = notification(page, `version 0.0.9, and this extension is ${version}`);
  await told.waitFor();
  await picture(page, '73 a runner of another version');
  await told.getByRole('button', { name: 'Restart Runner' }).click();
  const runs = async (): Promise<string | undefined> =>
    place.api().then(
      async (api) => (await api.runner.info.query()).version,
      () => undefined,
    );
  await expect.poll(runs).toBe(version);
});
