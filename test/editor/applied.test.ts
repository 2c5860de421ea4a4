import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  delegateFrom,
  dialog,
  explorerRow,
  notification,
  openActivity,
  palette,
  picture,
  treeItem,
} from './steps.ts';
import { Workbench } from './workbench.ts';

/** What is to be seen of a result once it is in the working tree. */

const things = new AsyncDisposableStack();
let place: Place;
let page: Page;

beforeAll(async () => {
  place = things.use(await Place.make());
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), 'verification: []\n');
  gitIn(place.repository, 'commit', '--quiet', '--all', '--message=Settings');
  const workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

test('lines that were applied have a mark with their run, until they are committed, edited or taken back', async () => {
  const marked = async () =>
    (await page.locator('.margin-view-overlays .cgmr, .glyph-margin-widgets .cgmr').count()) > 0;
  const row = treeItem(page, /^Run 1, .*, reviewing/).first();
  await delegateFrom(page, ['README.md'], '[line] Say sums');
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(row, /^Review Result/);
  await page.locator('.multiDiffEditor').first().waitFor();
  await palette(page, 'Longhaul: Apply Accepted Changes');
  await dialog(page, 'undecided').getByRole('button', { name: 'Accept All and Apply' }).click();
  await notification(page, 'Applied 1 file').waitFor();
  await openActivity(page, /^Explorer/);
  await explorerRow(page, 'README.md').dblclick();
  await page.getByRole('tab', { name: /^README\.md/ }).waitFor();
  await expect.poll(marked).toBe(true);
  const line = page.locator('.editor-instance .view-line', { hasText: 'Sums a cart' }).last();
  await line.hover();
  const hover = page.locator('.monaco-hover:visible', { hasText: 'Applied from #1 [line] Say sums (round 1)' });
  await hover.waitFor();
  await picture(page, '140 a line that was applied');
  await hover.getByText('Open Review').click();
  await page.locator('.multiDiffEditor').first().waitFor();
  await page.getByRole('tab', { name: /^README\.md/ }).click();
  await expect.poll(marked).toBe(true);
  gitIn(place.repository, 'commit', '--quiet', '--all', '--message=Sums');
  await expect.poll(marked).toBe(false);
  gitIn(place.repository, 'reset', '--quiet', '--soft', 'HEAD~1');
  await expect.poll(marked).toBe(true);
  await line.click();
  await page.keyboard.type('x');
  await expect.poll(marked).toBe(false);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+s');
  await expect.poll(marked).toBe(true);
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(row, /^Undo Last Application/);
  await notification(page, 'Brought back 1 file').waitFor();
  await expect.poll(marked).toBe(false);
  expect(gitIn(place.repository, 'diff', 'HEAD')).toBe('');
});
