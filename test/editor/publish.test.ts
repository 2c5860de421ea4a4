import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GitHub } from '../harness/github.ts';
import { gitIn } from '../harness/repository.ts';
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

/** From a result under review to a merged pull request, on GitHub as an independent implementation has it. */
const at = { owner: 'acme', repo: 'shop' };

const things = new AsyncDisposableStack();
let place: Place;
let github: GitHub;
let page: Page;

beforeAll(async () => {
  place = things.use(await Place.make());
  github = things.use(await place.onGitHub(['acme', 'ada']));
  gitIn(place.repository, 'config', 'user.name', 'Grace');
  gitIn(place.repository, 'config', 'user.email', 'grace@example.org');
  await place.delegate('[line] Say sums', '--verify', 'true');
  await place.settled(({ status }) => status === 'reviewing');
  const workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
  await openActivity(page, /^Longhaul/);
});
afterAll(() => things.disposeAsync());

const row = (said: string | RegExp) => treeItem(page, said).first();
const listed = (text: string | RegExp) => page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text });

test('a pull request is created with what is shown, its title and its text as the person changed them', async () => {
  await chooseFromMenu(row(/Say sums, reviewing/), /^Create Pull Request/);
  await quickStep(page, 'Say sums');
  await page.getByText('What was done').first().waitFor();
  await picture(page, '20 a pull request before it is created');
  await listed('Title').click();
  const box = await quickStep(page, 'What is its title?');
  await box.fill('Sums are said');
  await box.press('Enter');
  await listed('Sums are said').waitFor();
  await listed('Text').click();
  const line = page.locator('.monaco-editor .view-line', { hasText: 'What was done' }).first();
  await line.click();
  await page.keyboard.press('End');
  await page.keyboard.insertText(', says Ada');
  await page.getByText('Create Pull Request with This Text').click();
  await quickStep(page, 'Say sums');
  await listed('Draft').filter({ hasNotText: 'Create' }).click();
  await listed(/Create Pull Request/).click();
  await notification(page, /is pull request 1\./).waitFor();
  const { pulls } = await github.as('acme');
  const { data } = await pulls.list({ ...at, state: 'all' });
  expect(data.map(({ title, draft, base }) => [title, draft, base.ref])).toEqual([['Sums are said', false, 'main']]);
  expect(data[0]?.body).toContain('What was done, says Ada');
  await row(/Say sums, reviewing: pull request 1 is open/).waitFor();
});

test('what a reviewer wants changed is another round, whose pull request has the text of that round', async () => {
  await github.sync();
  const { pulls, repos } = await github.as('acme');
  await repos.addCollaborator({ ...at, username: 'ada', permission: 'push' });
  const ada = await github.as('ada');
  await ada.pulls.createReview({ ...at, pull_number: 1, event: 'REQUEST_CHANGES', body: 'Once more.' });
  await place.settled(({ status, round }) => status === 'reviewing' && round === 2);
  await chooseFromMenu(row(/Say sums, reviewing: round 2 is ready for review/), /^Create Pull Request/);
  await quickStep(page, 'Say sums');
  await page.getByRole('tab', { name: /^Pull Request of Run 1, Round 2/ }).waitFor();
  await listed(/Update Pull Request/).waitFor();
  const isOut = (what: string) => listed(what).filter({ hasText: 'left out: choose it to put it back' });
  await listed('Comment').click();
  await isOut('Comment').waitFor();
  await listed('Commit').filter({ hasText: 'Co-authored-by' }).click();
  await isOut('Commit').waitFor();
  await picture(page, '23 what is left out of the next round');
  // Escape in a box leads back to the list, and then away from it; what was said is there again.
  await listed('Title').click();
  await quickStep(page, 'What is its title?');
  await page.keyboard.press('Escape');
  await isOut('Comment').waitFor();
  await page.keyboard.press('Escape');
  await listed('Comment').waitFor({ state: 'hidden' });
  await page.getByText('Update Pull Request with This Text').click();
  await isOut('Commit').waitFor();
  const branch = async (name: string): Promise<string> => {
    await listed('Branch').click();
    const box = await quickStep(page, 'On which branch?');
    const before = await box.inputValue();
    await box.fill(name);
    await box.press('Enter');
    return before;
  };
  const before = await branch('elsewhere');
  await listed('Create Draft Pull Request').waitFor();
  await branch(before);
  await isOut('Comment').waitFor();
  await isOut('Commit').waitFor();
  await listed('Comment').click();
  await listed('Comment').filter({ hasText: 'choose it to leave this out' }).waitFor();
  await listed(/Update Pull Request/).click();
  await notification(page, /is pull request 1\./).waitFor();
  // The first one's notification may still be there.
  const body = async () => (await pulls.get({ ...at, pull_number: 1 })).data.body;
  await expect.poll(body).toContain('round 2');
  expect(await body()).not.toContain('says Ada');
  const { data: commits } = await repos.listCommits({ ...at, sha: before });
  const isGraces = commits.slice(0, 2).map(({ commit }) => commit.message.includes('Co-authored-by: Grace'));
  expect(isGraces).toEqual([false, true]);
});

test('what reviewers say is in the row, and merged it is accepted', async () => {
  await github.sync();
  const { pulls } = await github.as('acme');
  const ada = await github.as('ada');
  await ada.pulls.createReview({ ...at, pull_number: 1, event: 'APPROVE' });
  await row(/Say sums, reviewing: .*it is approved/).waitFor();
  await picture(page, '21 a pull request that is approved');
  await pulls.merge({ ...at, pull_number: 1, commit_title: 'Say sums' });
  expect(await place.settled(({ status }) => status === 'accepted')).toMatchObject({ by: 'github:acme' });
  await fold(treeItem(page, /^Done: 1 run/), true);
  await row(/Say sums, accepted: .*was merged by acme on GitHub/).waitFor();
  await picture(page, '22 a pull request that was merged');
});

test('an answer to an issue is read on the page of its run, published from there once it was shown, and accepted with that', async () => {
  const { issues } = await github.as('ada');
  const { data: issue } = await issues.create({ ...at, title: 'When are totals rounded?', body: 'Please say.' });
  const about = `${github.webUrl}/issues/${issue.number}`;
  await place.delegate('[answers] When are totals rounded?', '--recipe', 'answer-issue', '--about', about);
  await place.settled(({ status, number }) => number === 2 && status === 'reviewing');
  await row(/^Run 2, .*reviewing/).click();
  const shown = webview(page);
  await shown.getByRole('region', { name: 'Result' }).locator('strong', { hasText: 'once' }).waitFor();
  await picture(page, '25 an answer to an issue, under review');
  expect(await shown.locator('#section-top button').allTextContents()).toEqual([
    'Publish…',
    'Accept',
    'Request Changes…',
    "Open Run's Tree…",
    'Discard…',
  ]);
  const asked = dialog(page, `comment on issue ${issue.number}`);
  await chooseFromMenu(row(/^Run 2, .*reviewing/), /^Publish…/);
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await row(/^Run 2, .*reviewing/).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Publish…' }).waitFor();
  expect(await page.getByRole('menuitem', { name: /Create Pull Request|Review Result|Apply/ }).count()).toBe(0);
  await picture(page, '28 the menu of an answer');
  await page.keyboard.press('Escape');
  await palette(page, 'Longhaul: Apply Accepted Changes');
  await quickStep(page, 'Apply the result of which run?');
  await listed('Say sums').waitFor();
  // There is nothing in it that could be applied.
  expect(await listed('When are totals').count()).toBe(0);
  await page.keyboard.press('Escape');
  await shown.getByRole('button', { name: 'Publish…' }).click();
  await asked.getByText('Totals are rounded').waitFor();
  await picture(page, '26 what would be said');
  await asked.getByRole('button', { name: 'Publish' }).click();
  await place.settled(({ status, number }) => number === 2 && status === 'accepted');
  await notification(page, /is published: /).waitFor();
  const { data } = await issues.listComments({ ...at, issue_number: issue.number });
  expect(data.map(({ body }) => body)).toEqual([expect.stringContaining('- see `src/cart.js`')]);
  await picture(page, '27 an answer that was published');
});
