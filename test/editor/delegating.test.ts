import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { clientOf } from '../../shared/client/client.ts';
import { findEndpoint } from '../../runner/local/find-runner.ts';
import { gitIn } from '../harness/repository.ts';
import { longhaul, projectRoot } from '../harness/rig.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  dialog,
  lens,
  notification,
  openActivity,
  palette,
  picture,
  quickStep,
  webview,
} from './steps.ts';
import { Workbench } from './workbench.ts';

/** What a person sees and chooses before a run begins. */

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;

const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(place.repository, name)), { recursive: true });
    await writeFile(path.join(place.repository, name), text);
  }
};

beforeAll(async () => {
  place = things.use(await Place.make());
  await write({
    'web/package.json': '{"scripts": {"test": "node --test"}}',
    'web/page.js': 'export const title = "shop";\n',
    '.longhaul/recipes/raise.md':
      '---\ntitle: Raise a package\ninputs:\n  package: { type: string, description: Name of the package }\n  how: { type: choice, choices: [small, whole] }\n  tries: { type: number, default: 2 }\n---\nRaise {{package}} ({{how}}, {{tries}}). {{goal}}\n',
  });
  await cp(path.join(projectRoot, 'extension/media/icon.png'), path.join(place.repository, 'web/mockup.png'));
  gitIn(place.repository, 'rm', '--quiet', '.longhaul/config.yaml');
  gitIn(place.repository, 'add', '--all');
  gitIn(place.repository, 'commit', '--quiet', '--message=A package, and no settings');
  await write({ 'notes.txt': 'not for agents\n', 'README.md': '# Changed\n' });
  workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

const row = (text: string | RegExp): Locator =>
  page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text });
const explorer = (name: string): Locator =>
  page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();

/** The task of the newest run, which is not worked on. */
const newest = async () => {
  const { id } = await place.settled(() => true);
  const api = await place.api();
  const { task } = await api.runs.get.query({ run: id });
  await api.runs.cancel.mutate({ run: id });
  return task;
};

test('the rows say what will hold; tests that lie near are offered, and a changed file is left out', async () => {
  place.model.hold('Say sums', 0);
  await openActivity(page, /^Explorer/);
  await explorer('web').click();
  await chooseFromMenu(explorer('page.js'), /^Delegate to Background Agent/);
  const box = await quickStep(page, '(1/2)');
  await box.fill('Say sums');
  await picture(page, '60 the goal');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  await row(/Verification.*npm test \(in web; found in web\/package\.json\)/).waitFor();
  await row(/Setup.*none: there is no \.longhaul\/config\.yaml/).waitFor();
  await row(/Budget.*60 turns, 3,000,000 tokens, \$10/).waitFor();
  await row(/Model.*scripted · price not known/).waitFor();
  await row(/Folder.*web: told to the agent/).waitFor();
  await row(/Not Committed.*2 files go along: README\.md, notes\.txt/).waitFor();
  await picture(page, '61 what will hold');
  await row(/Not Committed/).click();
  await quickStep(page, 'Which files that are not committed go along?');
  await row('notes.txt').click();
  await picture(page, '62 which files go along');
  await page.keyboard.press('Enter');
  await row(/Not Committed.*1 of 2 files go along, without notes\.txt/).waitFor();
  await picture(page, '63 one is left out');
  await (await quickStep(page, '(2/2)')).press('Enter');
  expect(await newest()).toMatchObject({
    goal: 'Say sums',
    verification: [{ command: 'cd ./web || exit 1; npm test' }],
    source: {
      folder: 'web',
      notes: [
        'Left out at delegation, so as in the last commit: notes.txt.',
        'Delegated from the folder web; the agent begins at the root of the repository.',
      ],
    },
  });
});

test('an image among the files that it is called from goes along, unless it is left out, and is on the page of the run', async () => {
  place.model.hold('Look like this', 0);
  // Where what was delegated before is shown.
  await page.locator('.pane-header', { hasText: 'Needs You' }).waitFor();
  await openActivity(page, /^Explorer/);
  await chooseFromMenu(explorer('mockup.png'), /^Delegate to Background Agent/);
  const box = await quickStep(page, '(1/2)');
  await box.fill('Look like this');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  await row(/Images.*mockup\.png/).click();
  await quickStep(page, 'Which images does the model see with the goal?');
  await row('mockup.png').click();
  await picture(page, '63 which images go along');
  await page.keyboard.press('Enter');
  await row(/Images.*none/).waitFor();
  await page.keyboard.press('Escape');
  // What was left out is left out of the draft, too; begun anew it is there again.
  await chooseFromMenu(explorer('mockup.png'), /^Delegate to Background Agent/);
  await row('Discard the draft and begin anew').click();
  await (await quickStep(page, '(1/2)')).fill('Look like this');
  await page.keyboard.press('Enter');
  await quickStep(page, '(2/2)');
  await row(/Delegate.*1 image/).waitFor();
  await picture(page, '63 an image goes along');
  await page.keyboard.press('Enter');
  const content = await readFile(path.join(place.repository, 'web/mockup.png'));
  await notification(page, ': Look like this').getByRole('button', { name: 'Open Run' }).click();
  const shown = webview(page).locator('figure.image img');
  await shown.waitFor();
  await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  const source = await shown.getAttribute('src');
  expect(source).toBe(`data:image/png;base64,${content.toString('base64')}`);
  await picture(page, '63 an image on the page of its run');
  expect((await newest()).images).toMatchObject([
    { name: 'mockup.png', mediaType: 'image/png', bytes: content.length },
  ]);
  await palette(page, 'View: Close All Editors');
});

test('a recipe is told what it needs before anything is delegated', async () => {
  place.model.hold('Raise lodash', 0);
  await openActivity(page, /^Explorer/);
  await chooseFromMenu(explorer('README.md'), /^Delegate to Background Agent/);
  const box = await quickStep(page, '(1/2)');
  await box.fill('Soon.');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  await row(/Recipe.*none/).click();
  await quickStep(page, 'By which recipe?');
  await row('Raise a package').click();
  const asked = await quickStep(page, 'Raise a package: package');
  await asked.press('Enter');
  await page.locator('.quick-input-widget').getByText('expected text of up to 2000 characters').waitFor();
  await picture(page, '63 what a recipe needs');
  await asked.fill('lodash');
  await asked.press('Enter');
  await quickStep(page, 'Raise a package: how');
  await row('whole').click();
  await quickStep(page, '(2/2)');
  await row(/Recipe.*Raise a package · package: lodash · how: whole/).waitFor();
  await picture(page, '63 a recipe that was told');
  await (await quickStep(page, '(2/2)')).press('Enter');
  await notification(page, ': Soon.').waitFor();
  expect((await newest()).goal).toContain('Raise lodash (whole, 2). Soon.');
});

test('a recipe whose result is said on an issue asks which one', async () => {
  await openActivity(page, /^Explorer/);
  await chooseFromMenu(explorer('README.md'), /^Delegate to Background Agent/);
  const box = await quickStep(page, '(1/2)');
  await box.fill('When are totals rounded?');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  await row(/Recipe.*Raise a package/).click();
  const which = await quickStep(page, 'By which recipe?');
  await which.fill('Answer an issue');
  await row(/Answer an issue/).waitFor();
  await which.press('Enter');
  const asked = await quickStep(page, 'Which Issue or Pull Request Is It About?');
  await asked.fill('acme/shop#12');
  // What was typed is there again.
  await asked.press('Escape');
  await quickStep(page, '(2/2)');
  await row(/Recipe.*Raise a package/).click();
  const again = await quickStep(page, 'By which recipe?');
  await again.fill('Answer an issue');
  await row(/Answer an issue/).waitFor();
  await again.press('Enter');
  await expect
    .poll(async () => (await quickStep(page, 'Which Issue or Pull Request Is It About?')).inputValue())
    .toBe('acme/shop#12');
  await (await quickStep(page, 'Which Issue or Pull Request Is It About?')).press('Enter');
  await quickStep(page, '(2/2)');
  await row(/Recipe.*Answer an issue · about acme\/shop#12/).waitFor();
  await picture(page, '63 a recipe that is said on an issue');
  await (await quickStep(page, '(2/2)')).press('Enter');
  await notification(page, 'This runner says nothing at https://github.com/acme/shop').waitFor();
  await quickStep(page, '(2/2)');
  await page.keyboard.press('Escape');
  await expect
    .poll(() =>
      row(/Recipe/)
        .first()
        .isVisible(),
    )
    .toBe(false);
});

test('a goal of several lines is written in an editor, and what it names is found', async () => {
  place.model.hold('Add up a cart', 0);
  await palette(page, 'View: Close All Editors');
  await palette(page, 'Longhaul: Delegate with Goal from Editor');
  await page.getByRole('tab', { name: /^Goal for corner-shop/ }).waitFor();
  await lens(page, 'Delegate This Goal').waitFor();
  await page.locator('.editor-instance .view-lines').first().click();
  await page.keyboard.insertText('Add up a cart\n\nAs in ');
  await page.keyboard.type('#file:rece');
  const offered = page.locator('.suggest-widget .monaco-list-row').filter({ hasText: 'src/receipt.js' });
  await offered.waitFor();
  await picture(page, '64 files are offered');
  await offered.click();
  await page.keyboard.insertText(', #file:cart.js, and not as in #file:nowhere.js.');
  await picture(page, '64 a goal in an editor');
  await lens(page, 'Delegate This Goal').locator('a').first().click();
  await (await quickStep(page, '(2/2)')).press('Enter');
  const asked = dialog(page, 'nowhere.js is no file of corner-shop.');
  await asked.waitFor();
  await picture(page, '65 a file that is not there');
  await asked.getByRole('button', { name: 'Delegate as Text' }).click();
  await page.getByRole('tab', { name: /^Goal for corner-shop/ }).waitFor({ state: 'hidden' });
  expect(await newest()).toMatchObject({
    title: 'Add up a cart',
    goal: 'Add up a cart\n\nAs in #file:src/receipt.js, #file:cart.js, and not as in #file:nowhere.js.\n\nNamed in the goal:\n- #file:src/receipt.js is src/receipt.js\n- #file:cart.js is src/cart.js',
  });
});

test('a file that is open is the goal only if the person says so, and what is only shown never is', async () => {
  const write = row('Write the goal in an editor');
  await palette(page, 'View: Close All Editors');
  await openActivity(page, /^Explorer/);
  await explorer('README.md').dblclick();
  await page.getByRole('tab', { name: /^README\.md/ }).waitFor();
  await palette(page, 'Longhaul: Delegate with Goal from Editor');
  await quickStep(page, 'Delegate Which Goal?');
  await row('What README.md says is the goal').waitFor();
  await picture(page, '65 which goal');
  await row('What README.md says is the goal').click();
  await quickStep(page, '(2/2)');
  await row(/Goal.*# Changed/).waitFor();
  await page.keyboard.press('Escape');
  await palette(page, 'View: Close All Editors');

  await palette(page, "Longhaul: Open Run's Tree");
  await (await quickStep(page, 'Longhaul: Tree of Which Run?')).press('Enter');
  await row('README.md').first().click();
  await page.getByRole('tab', { name: /^README\.md/ }).waitFor();
  await palette(page, 'Longhaul: Delegate with Goal from Editor');
  await page.getByRole('tab', { name: /^Goal for corner-shop/ }).waitFor();
  expect(await write.count()).toBe(0);
  await picture(page, '65 a goal of its own');
  await palette(page, 'View: Revert and Close Editor');
});

test('what a run would fail for is said before there is one, and nothing is delegated', async () => {
  const nobody = {
    ...place.env,
    LONGHAUL_HOME: path.join(place.folder, 'other'),
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
  };
  await mkdir(nobody.LONGHAUL_HOME, { mode: 0o711 });
  await using another = await Workbench.start({
    folder: path.join(place.folder, 'another'),
    vsix: packedExtension(),
    env: nobody,
  });
  onTestFinished(() => void spawnSync(process.execPath, [longhaul, 'stop'], { env: { ...process.env, ...nobody } }));
  const window = await another.open(place.repository);
  await openActivity(window, /^Explorer/);
  await chooseFromMenu(
    window.locator('.explorer-folders-view .monaco-list-row', { hasText: 'README.md' }).first(),
    /^Delegate to Background Agent/,
  );
  const box = await quickStep(window, '(1/2)');
  await box.fill('Say sums');
  await box.press('Enter');
  await quickStep(window, '(2/2)');
  const notReady = window.locator('.quick-input-list .monaco-list-row').filter({ hasText: /Not Ready.*not reached/ });
  await notReady.waitFor();
  await picture(window, '66 not ready');
  await window.keyboard.press('Enter');
  const asked = dialog(window, 'A run would fail: model.');
  await asked.waitFor();
  await picture(window, '67 what a run would fail for');
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await (await quickStep(window, '(2/2)')).waitFor();
  const endpoint = await findEndpoint(nobody.LONGHAUL_HOME);
  expect(endpoint === null ? null : (await clientOf(endpoint).runs.list.query({})).runs).toEqual([]);
});
