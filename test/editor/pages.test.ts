import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gate } from './model.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { dialog, fold, notification, openActivity, palette, picture, quickStep, treeItem, webview } from './steps.ts';
import { Workbench } from './workbench.ts';

const goal = 'Mend the failing tests';

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;
let gate: Gate;

beforeAll(async () => {
  place = things.use(await Place.make());
  workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: place.env,
      settings: { 'workbench.colorTheme': 'Default High Contrast' },
    }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

test('a task is delegated with the keyboard alone', async () => {
  gate = place.model.hold(goal, 1);
  // A workbench that is still starting swallows keys.
  await openActivity(page, /^Longhaul/);
  await page.keyboard.press('Control+Alt+L');
  const box = await quickStep(page, '(1/2)');
  await box.fill(goal);
  await page.keyboard.press('Enter');
  await quickStep(page, '(2/2)');
  await picture(page, '10 what will be delegated');
  await page.keyboard.press('Enter');
  await gate.reached;
  expect((await place.settled(() => true)).task.goal).toBe(goal);
});

test('its page is live, and takes a message for the agent', async () => {
  await notification(page, 'Delegated as run 1').getByRole('button', { name: 'Open Run' }).click();
  const shown = webview(page);
  await shown.getByRole('heading', { name: goal }).waitFor();
  await shown.getByRole('textbox').fill('Do not touch the README.');
  await shown.getByRole('button', { name: /Send/ }).click();
  await shown.getByText('Sent. The agent reads it').waitFor();
  await picture(page, '11 the page of a run');
  const api = await place.api();
  const { id } = await place.settled(() => true);
  const events = await api.runs.events.query({ run: id });
  expect(events.flatMap(({ body }) => (body.type === 'message.sent' ? [body.text] : []))).toEqual([
    'Do not touch the README.',
  ]);
});

test('a page that is drawn anew leaves the focus to whoever has gone elsewhere in the window', async () => {
  const shown = webview(page);
  const pause = shown.locator('#section-top').getByRole('button', { name: 'Pause' });
  await pause.focus();
  await page.keyboard.press('F1');
  const box = await quickStep(page, '');
  const hasFocus = () => box.evaluate((input) => input === document.activeElement);
  await expect.poll(hasFocus).toBe(true);
  gate.open();
  await place.settled(({ status }) => status === 'waiting');
  await shown.getByText('receipts/record.js').first().waitFor();
  await pause.waitFor({ state: 'hidden' });
  expect(await hasFocus()).toBe(true);
  await page.keyboard.press('Escape');
});

test('the page of an approval holds what is asked and all that it rests on, and approves', async () => {
  await palette(page, 'View: Close All Editors');
  await openActivity(page, /^Longhaul/);
  await treeItem(page, /^Decision: .*receipts\/record\.js/)
    .first()
    .click();
  const shown = webview(page);
  for (const heading of [
    'What is asked',
    'Goal',
    'Plan',
    'Changes so far',
    'Tests so far',
    'Calls so far',
    /^Cost so far/,
  ])
    await shown.getByRole('heading', { name: heading }).waitFor();
  const changed = shown.locator('#section-diff');
  await changed.getByText('+    const discount = count >= 10').first().waitFor();
  await changed.scrollIntoViewIfNeeded();
  await picture(page, '12 the page of an approval');
  await changed.getByRole('button', { name: 'Open Diff' }).click();
  await page.locator('.multiDiffEditor').first().waitFor();
  await picture(page, '12 the diff so far');
  expect(await page.locator('.multiDiffEditor').getByText('undecided').count()).toBe(0);
  await fold(treeItem(page, /^Changed files so far: 2 files/), true);
  await treeItem(page, /^src\/cart\.js, modified/).click();
  await page.locator('.tab.active', { hasText: 'src/cart.js (round 1)' }).waitFor();
  await page.getByRole('tab', { name: 'A decision for you' }).click();
  await shown.getByRole('button', { name: /^Approve/ }).click();
  await dialog(page, 'receipts/record.js').getByRole('button', { name: 'Approve', exact: true }).click();
  const { result } = await place.settled(({ status }) => status === 'reviewing');
  expect(result?.files).toBe(3);
  await shown
    .getByText(/approved/i)
    .first()
    .waitFor();
});

test('the children of a run are its timeline, its changed files and its evidence', async () => {
  await openActivity(page, /^Longhaul/);
  // The last to come; until then rows move.
  await treeItem(page, /^In Review: /).waitFor();
  // From below, so that what opens pushes nothing out of sight that is still wanted.
  await fold(treeItem(page, 'Timeline'), true);
  await treeItem(page, /^Round 1 is ready for review/)
    .first()
    .waitFor();
  await fold(treeItem(page, 'Timeline'), false);
  await fold(treeItem(page, /^Evidence: 1 of 1 checks pass/), true);
  await treeItem(page, /passed, exit 0/).waitFor();
  await fold(treeItem(page, /^Changed files: 3 files/), true);
  await treeItem(page, /^src\/cart\.js, modified/).waitFor();
  await picture(page, '13 the children of a run');
  await treeItem(page, /^src\/cart\.js, modified/).click();
  await page.locator('.monaco-diff-editor').first().waitFor();
  expect(await page.locator('.tab.active').textContent()).toContain('src/cart.js (round 1)');
});

test('changes are decided with the keyboard', async () => {
  await palette(page, 'Longhaul: Review Result');
  const list = await quickStep(page, 'Which result');
  await list.press('Enter');
  await page.locator('.multiDiffEditor .view-lines').nth(1).click();
  await page.keyboard.press('Control+Home');
  for (const key of ['j', 'y']) {
    await page.keyboard.press('Control+k');
    await page.keyboard.press(key);
  }
  await page.locator('.codelens-decoration', { hasText: 'accepted' }).first().waitFor();
  const tally = page.getByText(/^1 accepted, 0 rejected/);
  await tally.waitFor();
  expect(await tally.count()).toBe(1);
  await picture(page, '14 accepted with the keyboard');
});

test('the history is legible in high contrast, and its table is sorted with the keyboard', async () => {
  await palette(page, 'Longhaul: Show History');
  const shown = webview(page);
  await shown.getByText('1 run', { exact: true }).first().waitFor();
  const header = shown.getByRole('columnheader', { name: /^Run/ });
  expect(await header.getAttribute('aria-sort')).toBe('descending');
  await header.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending');
  await picture(page, '15 the history in high contrast');
});
