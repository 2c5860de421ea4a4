import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../../shared/client/client.ts';
import { findRunner } from '../../runner/local/find-runner.ts';
import type { GitHub } from '../harness/github.ts';
import { keysOf, type Keys } from './keyboard/keys.ts';
import { drawIn, themes, violations, widen } from './looks.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { dialog, notification, openActivity, picture, treeItem, webview } from './steps.ts';
import { Workbench } from './workbench.ts';

/** Somebody who may not publish has somebody asked who may: from the row to the pull request, by keys alone. */
const at = { owner: 'acme', repo: 'shop' };
const token = 'token-of-dev';

const things = new AsyncDisposableStack();
let place: Place;
let github: GitHub;
let page: Page;
let keys: Keys;

/** What the developer wants published of the newest run. */
const ask = async (title: string): Promise<void> => {
  const found = await findRunner(place.home);
  if (found.outcome !== 'running') throw new Error(`no runner answers: ${found.outcome}`);
  const { runs } = clientOf({ url: found.file.url, token });
  const run = await place.settled(({ status }) => status === 'reviewing');
  const proposed = await runs.publication.query({ run: run.id });
  const pullRequest = proposed.pullRequest && { ...proposed.pullRequest, title };
  await runs.publish.mutate({ ...proposed, pullRequest });
};

beforeAll(async () => {
  place = things.use(await Place.make());
  github = things.use(await place.onGitHub(['acme', 'ada'], token));
  await place.delegate('[line] Say sums', '--verify', 'true');
  await place.settled(({ status }) => status === 'reviewing');
  await ask('Sums are said');
  const workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
  await page.setViewportSize({ width: 1440, height: 1300 });
  await openActivity(page, /^Longhaul/);
});
afterAll(() => things.disposeAsync());

const question = 'Publish round 1 as a draft pull request to';
/** Its row in Needs You; another one stands below its run. */
const row = () => treeItem(page, new RegExp(`^Decision: ${question}`)).first();
const button = (name: string) => webview(page).getByRole('button', { name, exact: true });
/** Goes through the page by Tab until the button has the focus. */
const goToButton = (name: string): Promise<void> =>
  keys.until('Tab', async () => (await webview(page).locator('button:focus', { hasText: name }).count()) > 0);

test('what would be published is a row in Needs You, and all of it is on its page, in dark and in light', async () => {
  await row()
    .filter({ hasText: /#1 Publish/ })
    .waitFor();
  await treeItem(page, /Say sums, reviewing: .*asked: Publish round 1/).waitFor();
  await widen(page, 300);
  await picture(page, '91 asked before it is published, 300 px');
  await row().click();
  await page.locator('.tab.active', { hasText: '#1 Publish this result?' }).waitFor();
  const shown = webview(page);
  await shown.getByText('What was done').first().waitFor();
  await shown.getByRole('region', { name: 'Files: 1 file' }).waitFor();
  for (const text of ['Sums are said', 'a draft', github.url, '1 of 1 checks pass · ✓ true', 'dev wants it published.'])
    await shown.getByText(text).first().waitFor();
  expect(await shown.getByText('Exactly').count()).toBe(0);
  expect(await shown.locator('#section-ask button').allTextContents()).toEqual([
    'Open Diff',
    'Open Draft Pull Request…',
    'Do Not Publish…',
    'Open Run',
  ]);
  expect(await shown.locator('#section-ask button.primary').allTextContents()).toEqual(['Open Diff']);
  await picture(page, '92 what would be published');
  expect(await violations(page)).toEqual([]);
  await drawIn(page, themes[1]);
  await picture(page, '93 what would be published, in a light theme');
  await drawIn(page, themes[0]);
});

test('by keys alone it is looked at, declined with a reason, and stays in review', async () => {
  keys = await keysOf(page);
  await keys.row('Needs You', new RegExp(`^Decision: ${question}`));
  await keys.press('Enter');
  await button('Do Not Publish…').waitFor();
  await goToButton('Do Not Publish…');
  await keys.press('Enter');
  await page.locator('.quick-input-widget:visible').filter({ hasText: 'Do Not Publish' }).waitFor();
  await keys.type('Say it shorter.');
  await keys.press('Enter');
  await treeItem(page, /Say sums, reviewing: .*not to be published, says .*: Say it shorter\./).waitFor();
  await button('Do Not Publish…').waitFor({ state: 'hidden' });
  expect(await keys.mice()).toBe(0);
  const { pulls } = await github.as('acme');
  expect((await pulls.list({ ...at, state: 'all' })).data).toEqual([]);
});

test('asked anew, by keys alone it is approved, after a look at what that does: the pull request is there', async () => {
  await ask('Sums');
  await row().waitFor();
  await keys.row('Needs You', new RegExp(`^Decision: ${question}`));
  await keys.press('Enter');
  await button('Open Draft Pull Request…').waitFor();
  await goToButton('Open Draft Pull Request…');
  await keys.press('Enter');
  const asked = dialog(page, question);
  await asked.getByText('Title: Sums').waitFor();
  await picture(page, '94 what approving it does');
  await keys.answer(question, /^Open Draft Pull Request$/);
  await notification(page, /is pull request 1\./).waitFor();
  expect(await keys.mice()).toBe(0);
  const { pulls } = await github.as('acme');
  const { data } = await pulls.list({ ...at, state: 'all' });
  expect(data.map(({ title, draft }) => [title, draft])).toEqual([['Sums', true]]);
  await picture(page, '95 a pull request that was asked for');
});
