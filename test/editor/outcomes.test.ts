import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { dialog, fold, notification, openActivity, palette, picture, quickStep, treeItem, webview } from './steps.ts';
import { Workbench } from './workbench.ts';

/** What came of a run, told with its evidence; and what of the person's own goes along where it is applied. */

const things = new AsyncDisposableStack();
let place: Place;
let page: Page;

beforeAll(async () => {
  place = things.use(await Place.make());
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), 'verification: []\n');
  gitIn(place.repository, 'commit', '--quiet', '--all', '--message=Settings');
  await writeFile(path.join(place.repository, 'own.txt'), 'mine\n');
  await place.delegate('[line] Say sums');
  await place.settled(({ status }) => status === 'reviewing');
  await place.delegate('[unmended] Look around', '--verify', 'false');
  await place.settled(({ status }) => status === 'completed');
  const workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
  await openActivity(page, /^Longhaul/);
});
afterAll(() => things.disposeAsync());

test('a run whose checks failed says so first: in its row, in red, on its page and in the figures of the history', async () => {
  await fold(treeItem(page, /^Done: 1 run/), true);
  const row = treeItem(page, /^Run 2, \[unmended\] Look around, completed: 1 of 1 check failed/);
  await row.waitFor();
  await row.locator('.codicon-warning').waitFor();
  await picture(page, '150 a run whose checks failed');
  await row.click();
  await webview(page).getByText('completed: 1 of 1 check failed').first().waitFor();
  await palette(page, 'Longhaul: Show History');
  const shown = webview(page);
  await shown.getByText('2 runs').first().waitFor();
  await picture(page, '151 a failed check in the history');
  expect(await shown.getByRole('region', { name: 'Statistics of the listed runs' }).innerText()).toMatch(/0 of 1/);
});

test('a branch leaves out what the person had not committed, unless they say otherwise', async () => {
  await palette(page, 'Longhaul: Apply as New Branch');
  await (await quickStep(page, 'Apply the result of which run?')).press('Enter');
  await dialog(page, 'undecided').getByRole('button', { name: 'Accept All and Apply' }).click();
  await (await quickStep(page, 'Apply as a New Branch')).press('Enter');
  await dialog(page, 'commit your own uncommitted changes on the branch, too?').waitFor();
  await picture(page, '152 whether uncommitted work goes along');
  await page.keyboard.press('Enter');
  await notification(page, 'holds the accepted changes').waitFor();
  const [branch = ''] = gitIn(place.repository, 'branch', '--list', 'longhaul/*', '--format=%(refname:short)').split(
    '\n',
  );
  expect(gitIn(place.repository, 'diff', '--name-only', 'main', branch)).toBe('README.md\n');
  expect(gitIn(place.repository, 'status', '--porcelain')).toBe('?? own.txt\n');
});
