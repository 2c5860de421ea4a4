import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { extensionId, packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { lens, openActivity, palette, picture, quickStep, treeItem, webview } from './steps.ts';
import { Workbench } from './workbench.ts';

/** A window in a language that nobody speaks: each text in brackets. What stands without them cannot be translated. */

const language = 'qps-ploc';

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;

/** A line that is a link stays one: VS Code makes a button of it. */
const bracketed = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/^(\[?)(.+?)(\]\(command:[^)]+\))?$/, '$1⟦$2⟧$3'))
    .join('\n');

const Texts = z.record(z.string(), z.string());

/** Gives the installed extension its texts in that language, as a translator would. */
const translate = async (folder: string): Promise<void> => {
  for (const file of ['package.nls', path.join('l10n', 'bundle.l10n')]) {
    const texts = Texts.parse(JSON.parse(await readFile(path.join(folder, `${file}.json`), 'utf8')));
    const translated = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, bracketed(text)]));
    await writeFile(path.join(folder, `${file}.${language}.json`), JSON.stringify(translated));
  }
};

beforeAll(async () => {
  place = things.use(await Place.make());
  await place.delegate('[line] Say sums', '--verify', 'node --version');
  await place.delegate('[ask] Record the receipts');
  const states = ['waiting', 'reviewing'];
  await place.listed((runs) => runs.every(({ status }, index) => status === states[index]));
  workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: place.env,
      language,
    }),
  );
  await translate(await workbench.installed(extensionId));
  page = await workbench.open(place.repository);
  await openActivity(page, /Longhaul/);
  await treeItem(page, /Say sums/)
    .first()
    .waitFor();
});
afterAll(() => things.disposeAsync());

/** The labels of the list in front, without what stands below them: there VS Code has commands in English, too. */
const listed = (): Locator => page.locator('.quick-input-list-row:first-child .label-name:visible');

/** What of these has no brackets. */
const bare = async (found: Locator): Promise<readonly string[]> => {
  const texts = await found.allInnerTexts();
  expect(texts.length).toBeGreaterThan(0);
  return texts.map((text) => text.trim()).filter((text) => text !== '' && !text.includes('⟦'));
};

test('views, their rows and what waits are told in the language of the window', async () => {
  await picture(page, '90 views in another language');
  expect(await bare(page.locator('.part.sidebar .pane-header .title'))).toEqual([]);
  const names = await page
    .locator('.part.sidebar .pane-body .monaco-list-row')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => !name.includes('⟦'))).toEqual([]);
});

test('each command is listed in it', async () => {
  await page.keyboard.press('F1');
  const box = page.locator('.quick-input-widget:visible .quick-input-box input');
  await box.fill('>⟦Longhaul⟧');
  const labels = listed();
  await labels.first().waitFor();
  await picture(page, '91 commands in another language');
  expect((await labels.allInnerTexts()).filter((label) => !/^⟦Longhaul⟧: ⟦.+⟧$/.test(label))).toEqual([]);
  await page.keyboard.press('Escape');
});

test('the wizard asks in it', async () => {
  await palette(page, '⟦Delegate to Background Agent…⟧');
  const box = await quickStep(page, '(1/2)');
  await box.fill('Round to the cent');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  const rows = listed();
  await page.locator('.quick-input-list').getByText('$10').first().waitFor();
  await picture(page, '92 the wizard in another language');
  expect(await bare(rows)).toEqual([]);
  await page.keyboard.press('Escape');
});

test('so do the pages of a run and of a decision, and the history', async () => {
  await palette(page, '⟦Open Run⟧');
  const runs = await quickStep(page, '⟦Longhaul: Open Run⟧');
  await runs.fill('Say sums');
  await runs.press('Enter');
  const shown = webview(page);
  await shown.getByRole('heading', { name: '⟦Evidence⟧' }).waitFor();
  await picture(page, '93 the page of a run in another language');
  expect(await bare(shown.locator('h2:not([hidden]), .buttons button'))).toEqual([]);
  await palette(page, '⟦Open Approval⟧');
  await shown.getByRole('heading', { name: '⟦What is asked⟧' }).waitFor();
  await picture(page, '94 the page of a decision in another language');
  expect(await bare(shown.locator('h1, h2:not([hidden]), #section-ask dt, .buttons button'))).toEqual([]);
  await palette(page, '⟦Show History⟧');
  await shown.getByRole('heading', { name: '⟦History⟧' }).waitFor();
  await shown.getByText('⟦Failures by class⟧').waitFor();
  await picture(page, '95 the history in another language');
  expect(await bare(shown.locator('h1, dt, dd span, th, figcaption, .tools button'))).toEqual([]);
});

test('a review is decided in it, and its tab is known by its name', async () => {
  await palette(page, 'View: Close All Editors');
  await palette(page, '⟦Review Result⟧');
  await (await quickStep(page, '⟦Which result')).press('Enter');
  await lens(page, '⟦Accept⟧').first().waitFor();
  await page.locator('.tab.active', { hasText: '⟦round 1⟧' }).waitFor();
  await picture(page, '96 a review in another language');
  // With the review in front nobody is asked which run is meant.
  await palette(page, '⟦Accept All Changes⟧');
  await lens(page, '⟦Undo⟧').first().waitFor();
  expect(await page.locator('.quick-input-widget:visible').count()).toBe(0);
});
