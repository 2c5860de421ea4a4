import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { packedExtension } from './packed.ts';
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
import { output, Workbench } from './workbench.ts';

/** What a person sees where nothing answers, or nothing may be done. */

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;

const start = (folder: string, restricted: boolean): Promise<Workbench> =>
  Workbench.start({ folder: path.join(place.folder, folder), vsix: packedExtension(), env: place.env, restricted });

beforeAll(async () => {
  await mkdir(output, { recursive: true });
  place = things.use(await Place.make());
  workbench = things.use(await start('code', false));
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());
beforeEach(({ task }) => {
  onTestFailed(() => picture(page, `failed ${task.name.replaceAll(/\W+/g, ' ').slice(0, 60)}`));
});

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
});
