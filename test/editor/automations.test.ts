import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { keysOf, type Keys } from './keyboard/keys.ts';
import { drawIn, themes } from './looks.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  dialog,
  fold,
  notification,
  openActivity,
  palette,
  picture,
  quickStep,
  treeItem,
  webview,
} from './steps.ts';
import { Workbench } from './workbench.ts';

/** From a repository without any automation to one that begins runs, and none any more. */

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;
let keys: Keys;

beforeAll(async () => {
  place = things.use(await Place.make());
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), 'verification: []\n');
  commit('Nothing to verify');
  workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
  await page.setViewportSize({ width: 1440, height: 1100 });
  keys = await keysOf(page);
  await openActivity(page, /^Longhaul/);
});
afterAll(() => things.disposeAsync());

const row = (said: string | RegExp): Locator => treeItem(page, said).first();
const line = async (title: string, text: string | null): Promise<void> => {
  await quickStep(page, title);
  if (text !== null) {
    await keys.press('Control+A');
    await keys.type(text);
  }
  await keys.press('Enter');
};
const commit = (message: string): void => {
  gitIn(place.repository, 'add', '--all');
  gitIn(place.repository, 'commit', '--quiet', '--message', message);
};

test('where there is none, the view says what one is, and a new one is described by keyboard alone; a draft is kept', async () => {
  await palette(page, 'Longhaul: Focus on Automations View');
  await page.getByText('What begins runs by itself appears here').waitFor();
  await page.getByRole('button', { name: 'New Automation', exact: true }).waitFor();
  await picture(page, '80 no automation yet');
  const mice = await keys.mice();
  await keys.palette('Longhaul: New Automation…');
  await keys.pick('What Begins It?', 'At other times');
  await quickStep(page, 'At Which Times?');
  await keys.type('61 * * * *');
  await page.getByText('Invalid value for minute: 61').waitFor();
  await keys.press('Control+A');
  await keys.type('30 2 1 1 *');
  await page.locator('.quick-input-message', { hasText: 'Next: ' }).waitFor();
  // What was typed is there again.
  await keys.press('Escape');
  await keys.palette('Longhaul: New Automation…');
  await keys.pick('What Begins It?', 'At other times');
  await expect.poll(async () => (await quickStep(page, 'At Which Times?')).inputValue()).toBe('30 2 1 1 *');
  await keys.press('Enter');
  await quickStep(page, 'By Which Recipe?');
  await keys.press('Escape');
  expect(await keys.mice()).toBe(mice);
});

test('it is written as a file that is opened, and said to count once it is on the default branch', async () => {
  const mice = await keys.mice();
  await keys.palette('Longhaul: New Automation…');
  await keys.pick('a draft is there', 'Continue the draft: 30 2 1 1 *');
  await keys.pick('By Which Recipe?', 'None');
  await line('What Shall the Agent Do?', '[line] Say sums');
  await line('What Is It Called?', 'yearly');
  await quickStep(page, 'New Automation');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'While One Is Open' }).waitFor();
  await picture(page, '81 a new automation, looked over');
  await keys.pick('New Automation', 'Results');
  await keys.pick('What Becomes of Its Results?', 'become a draft');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Failing Checks' }).waitFor();
  await keys.pick('New Automation', 'Create');
  await notification(page, 'It counts once it is on the default branch of corner-shop').waitFor();
  await page.getByRole('tab', { name: /^yearly\.yaml/ }).waitFor();
  expect(await place.read('.longhaul/triggers/yearly.yaml')).toMatch(
    /^schedule: "30 2 1 1 \*"\n(timeZone: \S+\n)?goal: "\[line\] Say sums"\npublish: draft\n$/,
  );
  expect(await keys.mice()).toBe(mice);
  await row(/^Automation yearly: not on the default branch yet/).waitFor();
  await picture(page, '82 an automation that is written');
});

test('committed it is off; who enables it sees first what they agree to, and Enter agrees to nothing', async () => {
  commit('An automation');
  await row(/^Automation yearly: off, no run yet/).waitFor();
  await chooseFromMenu(row(/^Automation yearly/), /^Enable…/);
  const asked = dialog(page, 'Have yearly begin runs by itself?');
  await asked.getByText('published by themselves as a draft pull request').waitFor();
  await asked.getByText('with your authority').waitFor();
  await picture(page, '83 what one agrees to');
  await page.keyboard.press('Enter');
  await asked.waitFor({ state: 'hidden' });
  await row(/^Automation yearly: off/).waitFor();
  await chooseFromMenu(row(/^Automation yearly/), /^Enable…/);
  await asked.getByRole('button', { name: 'Enable' }).click();
  await notification(page, 'yearly begins runs from now on, the next at').waitFor();
  await row(/^Automation yearly: on, next .*, no run yet\. In corner-shop\./).waitFor();
  const api = await place.api();
  expect(await api.triggers.list.query({})).toMatchObject([{ name: 'yearly', standing: 'on' }]);
});

test('run now, its run stands below it as what came of it, as it is by now, and is opened from there', async () => {
  await chooseFromMenu(row(/^Automation yearly/), /^Run Now/);
  await place.settled(({ status }) => status === 'reviewing');
  await row(/^Automation yearly: on, next .*, last: run 1 reviewing/).waitFor();
  await fold(row(/^Automation yearly/), true);
  const firing = row(/: run 1 reviewing, for fired by /);
  expect(await firing.getAttribute('aria-label')).toContain('run 1 reviewing');
  await page.mouse.move(700, 2);
  await row(/^Automation yearly/).hover();
  await page.locator('.workbench-hover', { hasText: 'Spent in 30 Days' }).waitFor();
  await picture(page, '84 an automation and what came of it');
  await page.mouse.move(700, 2);
  await firing.click();
  await webview(page)
    .getByRole('heading', { name: /Say sums/ })
    .first()
    .waitFor();
  await place.does('accept', '1');
  await row(/^Automation yearly: .*last: run 1 accepted/).waitFor();
  await row(/: run 1 accepted, for fired by /).waitFor();
});

test('what was begun elsewhere appears by itself', async () => {
  await place.does('triggers', 'fire', 'yearly');
  await row(/^Automation yearly: .*last: run 2 /).waitFor();
  await place.settled(({ number, status }) => number === 2 && status === 'reviewing');
  const firings = treeItem(page, /, for fired by /);
  await row(/: run 2 reviewing, for fired by /).waitFor();
  expect(await firings.count()).toBe(2);
});

test('paused it begins none, and one whose file is wrong says what is wrong', async () => {
  await chooseFromMenu(row(/^Automation yearly/), /^Pause/);
  await row(/^Automation yearly: paused, last: run 2 reviewing/).waitFor();
  const folder = path.join(place.repository, '.longhaul', 'triggers');
  await writeFile(path.join(folder, 'broken.yaml'), 'schedule: now\ngoal: Look.\n');
  await writeFile(path.join(folder, 'bugs.yaml'), 'on: { github: issue-labeled, label: agent }\ngoal: Mend it.\n');
  commit('One that is wrong, and one of GitHub');
  await row(/^Automation broken: cannot be used, no run yet, .*schedule: "now" is no schedule/).waitFor();
  await chooseFromMenu(row(/^Automation broken/), /^Open Definition/);
  await page.getByRole('tab', { name: /^broken\.yaml/ }).waitFor();
  expect(await treeItem(page, /^Automation /).count()).toBe(3);
  await chooseFromMenu(row(/^Automation bugs: off/), /^Enable…/);
  await dialog(page, 'Have bugs begin runs by itself?').getByRole('button', { name: 'Enable' }).click();
  await notification(page, 'What happens on GitHub or GitLab is heard of for a repository there').waitFor();
  await picture(page, '85 automations');
  const [, light] = themes;
  await drawIn(page, light);
  await row(/^Automation yearly/).hover();
  await page.locator('.workbench-hover', { hasText: 'Spent in 30 Days' }).waitFor();
  await picture(page, '86 automations, in a light theme');
});

test('a window that is opened anew lists them where they were listed before', async () => {
  await workbench.closeWindows();
  page = await workbench.open(place.repository);
  await openActivity(page, /^Longhaul/);
  await row(/^Automation yearly: paused, last: run 2 reviewing/).waitFor();
  expect(await treeItem(page, /^Automation /).count()).toBe(3);
});
