import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { widen } from './looks.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  delegateFrom,
  dialog,
  lens,
  notification,
  openActivity,
  palette,
  picture,
  quickStep,
  treeItem,
} from './steps.ts';
import { Workbench } from './workbench.ts';

const things = new AsyncDisposableStack();
let place: Place;
let page: Page;

beforeAll(async () => {
  place = things.use(await Place.make());
  // The sample's own verification fails until somebody mends it.
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), 'verification: []\n');
  gitIn(place.repository, 'commit', '--quiet', '--all', '--message=Settings');
  const workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: place.env,
      // As a person has it who has set nothing.
      settings: { 'diffEditor.codeLens': undefined },
    }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

const goal = '[line] Say sums';
const row = (status: string) => treeItem(page, new RegExp(`^Run 1, .*, ${status}`)).first();

test('a run is paused from its row, stands still in a group of its own, and goes on when it is resumed', async () => {
  const gate = place.model.hold(goal, 1);
  await delegateFrom(page, ['README.md'], goal);
  await openActivity(page, /^Longhaul/);
  await gate.reached;
  await row('working').waitFor();
  await widen(page, 300);
  await picture(page, '80 a run at work, 300 px');
  await chooseFromMenu(row('working'), /^Pause$/);
  await row('working: pauses after this step').waitFor();
  gate.open();
  await treeItem(page, /^Paused: 1 run$/).waitFor();
  await row('waiting: paused by').waitFor();
  await picture(page, '81 a paused run');
  await chooseFromMenu(row('waiting'), /^Resume$/);
  const run = await place.settled(({ status }) => status === 'reviewing');
  await row('reviewing').waitFor();
  // It did nothing twice, and standing still is no trouble.
  expect(run.spent).toMatchObject({ turns: 2, retries: 0 });
  await picture(page, '82 a review, 300 px');
});

test('lenses in diffs are asked for, once, and what was accepted as a whole is taken back', async () => {
  await widen(page, 420);
  await chooseFromMenu(row('reviewing'), /^Review Result/);
  await page.locator('.multiDiffEditor').first().waitFor();
  const asked = notification(page, 'Accept and Reject can stand above each change');
  await asked.waitFor();
  await picture(page, '83 asked about lenses');
  await asked.getByRole('button', { name: 'Show Them' }).click();
  await lens(page, 'undecided').first().waitFor();
  await lens(page, 'by call [1] edit').first().waitFor();
  await palette(page, 'Longhaul: Accept All Changes');
  await lens(page, /: accepted/)
    .first()
    .waitFor();
  await picture(page, '84 all accepted');
  await notification(page, 'Nothing is applied yet').getByRole('button', { name: 'Undo' }).click();
  await lens(page, 'undecided').first().waitFor();
  expect(await page.getByText('0 accepted, 0 rejected, 1 undecided').isVisible()).toBe(true);
});

test('a comment on a line that is gone is written, edited and deleted', async () => {
  const gone = page.locator('.editor.original .view-line', { hasText: 'Adds up a cart' }).first();
  await gone.click();
  // The sign in the margin of the line that the mouse is on.
  await page.locator('.editor.original .comment-range-glyph.line-hover').first().click();
  await page.locator('.review-widget').first().waitFor();
  await page.keyboard.type('Keep it short');
  await page.locator('.review-widget').getByRole('button', { name: 'Add Comment' }).click();
  const comment = page.locator('.review-widget .review-comment').filter({ hasText: 'Keep it short' });
  await comment.waitFor();
  await comment.hover();
  await picture(page, '89 a comment on what is gone');
  await comment.getByRole('button', { name: 'Edit Comment' }).click();
  await page.locator('.review-widget .edit-container .monaco-editor').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' and plain');
  await page.locator('.review-widget').getByRole('button', { name: 'Save Comment' }).click();
  const edited = page.locator('.review-widget .review-comment').filter({ hasText: 'Keep it short and plain' });
  await edited.waitFor();
  await edited.hover();
  await picture(page, '90 a comment that was edited');
  await edited.getByRole('button', { name: 'Delete Comment' }).click();
  await edited.waitFor({ state: 'hidden' });
  expect(await page.locator('.review-widget .review-comment').count()).toBe(0);
});

test('a result that was applied as a whole, to a branch, needs nobody any more, and can be accepted from there', async () => {
  await treeItem(page, /^Review of run 1/).waitFor();
  await palette(page, 'Longhaul: Apply as New Branch');
  await dialog(page, 'undecided').getByRole('button', { name: 'Accept All and Apply' }).click();
  const box = await quickStep(page, 'Apply as a New Branch');
  await box.press('Enter');
  const told = notification(page, 'holds the accepted changes');
  await told.waitFor();
  await treeItem(page, /^Review of run 1/).waitFor({ state: 'hidden' });
  await picture(page, '85 applied as a branch');
  await told.getByRole('button', { name: 'Accept Run' }).click();
  await place.settled(({ status }) => status === 'accepted');
  expect(gitIn(place.repository, 'log', '--format=%s', 'main..longhaul/1-line-say-sums')).toContain(goal);
  expect(gitIn(place.repository, 'status', '--porcelain')).toBe('');
});

test('a run that is over is archived, shown again by the filter, and deleted once that was said', async () => {
  await treeItem(page, /^Done: 1 run$/).waitFor();
  await treeItem(page, /^Done: 1 run$/).click();
  await chooseFromMenu(row('accepted'), /^Archive$/);
  await row('accepted').waitFor({ state: 'hidden' });
  await palette(page, 'Longhaul: Filter Runs…');
  const box = await quickStep(page, 'Show Only These Runs');
  await box.fill('Archived');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Archived runs, too' }).click();
  await picture(page, '86 the filter');
  await box.press('Enter');
  await page.getByText('Archived runs, too. Clear Filter').waitFor();
  await treeItem(page, /^Done: 1 run$/).waitFor();
  if (!(await row('accepted').isVisible())) await treeItem(page, /^Done: 1 run$/).click();
  await row('accepted').waitFor();
  await picture(page, '87 an archived run');
  await chooseFromMenu(row('accepted'), /^Delete…$/);
  const asked = dialog(page, 'Delete run 1');
  await asked.waitFor();
  await picture(page, '88 asked before it is deleted');
  await asked.getByRole('button', { name: 'Delete for Good' }).click();
  await row('accepted').waitFor({ state: 'hidden' });
  const api = await place.api();
  expect((await api.runs.list.query({ archived: true })).runs).toEqual([]);
});
