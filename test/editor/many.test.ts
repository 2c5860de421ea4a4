import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { badge, notification, openActivity, palette, picture, treeItem, webview } from './steps.ts';
import { Workbench } from './workbench.ts';

const runs = 1500;
/** Of them the view lists: the newest, and older ones that are not over. */
const newest = 1000;
const waiting = runs / 10;

const things = new AsyncDisposableStack();
let page: Page;

beforeAll(async () => {
  const place = things.use(await Place.make({ seeded: runs }));
  const workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

test('of 1,500 runs those that wait and the newest of the others are in the trees, and the keyboard gets to the last of them', async () => {
  await openActivity(page, /^Longhaul/);
  await expect.poll(() => badge(page, /^Longhaul/).textContent()).toBe(String(waiting));
  // More than three at once are told in one.
  await notification(page, `${waiting} things are new`).waitFor();
  // Neither group is unfolded by itself: it has more rows than anybody looks at.
  await treeItem(page, `Needs You: ${waiting} runs`).waitFor();
  await treeItem(page, `Done: ${newest - newest / 10} runs`).click();
  await treeItem(page, /^Run 1499, /).waitFor();
  await page.getByText('Older runs that are over are in the history alone.').waitFor();
  await picture(page, '17 fifteen hundred runs');
  await page.keyboard.press('End');
  await treeItem(page, new RegExp(`^Run ${runs - newest + 1}, `)).waitFor();
  await picture(page, '17 the last of fifteen hundred runs');
});

test('the history has them all, and says what they amount to', async () => {
  await palette(page, 'Longhaul: Show History');
  const shown = webview(page);
  await shown.getByText(`${runs} runs`).first().waitFor();
  await shown.getByRole('searchbox').fill('run_seed10 nothing has this');
  await shown.getByText(`0 of ${runs} runs`).first().waitFor();
  expect(await shown.getByRole('table').count()).toBe(0);
  await picture(page, '16 a search that finds nothing');

  await shown.getByRole('searchbox').fill('');
  await shown.getByRole('combobox', { name: 'Filter by outcome' }).selectOption('open');
  await shown.getByText(`${waiting} of ${runs} runs`).first().waitFor();
  await shown.getByRole('combobox', { name: 'Filter by outcome' }).selectOption('all');
  await shown.getByRole('combobox', { name: 'Filter by recipe' }).selectOption('no recipe');
  await shown.getByRole('img', { name: /^Succeeded, of those over by week/ }).waitFor();
  await picture(page, '16 the history, narrowed');
  const repositories = shown.getByRole('combobox', { name: 'Filter by repository' });
  expect(await repositories.locator('option').allTextContents()).toContain('all repositories');
});
