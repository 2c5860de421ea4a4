import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { widen } from './looks.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  dialog,
  fold,
  lens,
  notification,
  openActivity,
  palette,
  picture,
  quickStep,
  treeItem,
  webview,
} from './steps.ts';
import { Workbench } from './workbench.ts';

/** What a person sees on the way: output as it comes, cards, what a limit asks, and what a review says of lines that moved and files that are gone. */

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;

const lines = Array.from({ length: 20 }, (_, line) => `line ${line + 1} of what the shop has to say for itself`);

beforeAll(async () => {
  place = things.use(await Place.make());
  // The sample's own verification fails until somebody mends it.
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), 'verification: []\n');
  await writeFile(path.join(place.repository, 'long.txt'), `${lines.join('\n')}\n`);
  await writeFile(path.join(place.repository, 'gone.txt'), 'Nobody reads it.\nNot even this.\n');
  gitIn(place.repository, 'add', '--all');
  gitIn(place.repository, 'commit', '--quiet', '--message=Texts');
  workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
  await openActivity(page, /^Longhaul/);
});
afterAll(() => things.disposeAsync());

test('the page of a run shows what its command has printed so far, and no more of it once that is over', async () => {
  await place.delegate('[prints] Take your time');
  const { id: run } = await place.settled(() => true);
  const api = await place.api();
  // Until then its row changes its place and its text.
  await expect.poll(() => api.runs.printed.query({ run })).not.toBe(null);
  await treeItem(page, /^Run 1, .*, working/).click();
  const output = webview(page).getByRole('region', { name: 'Output so far' });
  await output.getByText('step two').waitFor();
  await output.scrollIntoViewIfNeeded();
  await picture(page, '160 the output of a running command');
  expect(await output.locator('.ansi-red').innerText()).toBe('step two');
  await place.does('cancel', '1');
  await output.waitFor({ state: 'detached' });
  await palette(page, 'View: Close All Editors');
});

test('a card of what a run is about comes up where the mouse rests on its row', async () => {
  await fold(treeItem(page, /^Done: 1 run/), true);
  const row = treeItem(page, /^Run 1, /);
  await row.waitFor();
  await row.hover();
  const card = page.locator('.workbench-hover', { hasText: 'Goal' });
  await card.getByText('[prints] Take your time').first().waitFor();
  await picture(page, '161 the card of a run');
  expect(await card.first().innerText()).toContain('corner-shop');
});

test('a limit that was reached says what raising it and stopping would do', async () => {
  await place.delegate('[nothing] Look around', '--budget', 'turns=1');
  await place.settled(({ status }) => status === 'waiting');
  await treeItem(page, /Raise the budget from 1 to 11 turns/)
    .first()
    .click();
  const shown = webview(page);
  await shown.getByRole('button', { name: 'Raise Limit' }).first().waitFor();
  await picture(page, '162 a limit that was reached');
  await shown.getByRole('button', { name: 'Stop Here' }).first().click();
  await page
    .locator('.quick-input-widget')
    .getByText('Work stops here; what there is is verified and handed over for review.')
    .waitFor();
  await picture(page, '163 what stopping does');
  await page.keyboard.press('Escape');
  await shown.getByRole('button', { name: 'Raise Limit' }).first().click();
  const asked = dialog(page, 'Raise the budget from 1 to 11 turns');
  await asked.getByText('1 turn is used up').waitFor();
  await picture(page, '163 what raising it does');
  await asked.getByRole('button', { name: 'Raise Limit' }).click();
  const run = await place.settled(({ status }) => status === 'completed');
  expect(run.spent.turns).toBe(2);
  await palette(page, 'View: Close All Editors');
});

test('lines that were moved say above them where they went and where they came from', async () => {
  await place.delegate('[moved] Turn it round');
  await place.settled(({ status }) => status === 'reviewing');
  await widen(page, 420);
  await chooseFromMenu(treeItem(page, /^Run 3, .*, reviewing/), /^Review Result/);
  await lens(page, /moved/i).nth(1).waitFor();
  const said = (await lens(page, /moved/i).allTextContents()).join(' ').replaceAll('\u00a0', ' ');
  expect(said).toContain('moved to long.txt:15');
  expect(said).toContain('moved from long.txt:1');
  await picture(page, '164 lines that were moved');
});

test('a file that is gone is a diff against nothing, and takes a comment', async () => {
  const gone = page.locator('.editor.original .view-line', { hasText: 'Nobody reads it.' }).first();
  await gone.click();
  await page.locator('.editor.original .comment-range-glyph.line-hover').first().click();
  await page.locator('.review-widget').first().waitFor();
  await page.keyboard.type('Somebody does');
  await page.locator('.review-widget').getByRole('button', { name: 'Add Comment' }).click();
  await page.locator('.review-widget .review-comment').filter({ hasText: 'Somebody does' }).waitFor();
  // It is shown as gone: there is nothing to be on the other side.
  expect(await lens(page, /^This file \(deleted\): undecided/).count()).toBe(1);
  await picture(page, '165 a comment on a file that is gone');
});

test('what was rejected as a whole is taken back', async () => {
  await palette(page, 'Longhaul: Reject All Changes');
  await lens(page, /: rejected/)
    .first()
    .waitFor();
  await notification(page, 'Nothing is applied yet').getByRole('button', { name: 'Undo' }).click();
  await lens(page, 'undecided').first().waitFor();
  await page.getByText('0 accepted, 0 rejected, 3 undecided').waitFor();
  expect(await lens(page, /: rejected/).count()).toBe(0);
});

test('the buttons of a review go with it', async () => {
  const accept = page.locator('.editor-actions, .title-actions').getByRole('button', { name: /^Accept|^Apply/ });
  await accept.first().waitFor();
  await palette(page, 'View: Close All Editors');
  await page.keyboard.press('Control+P');
  await page.keyboard.type('README.md');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'README.md' }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: /^README\.md/ }).waitFor();
  expect(await accept.count()).toBe(0);
  expect(await page.locator('.codelens-decoration').count()).toBe(0);
});

test('what was typed of a goal is there again in a window that was reloaded', async () => {
  place.model.hold('Say what it costs', 0);
  await palette(page, 'Longhaul: Delegate to Background Agent');
  const box = await quickStep(page, '(1/2)');
  await box.fill('Say what it costs');
  await page.keyboard.press('Escape');
  // As a person does it, and not by the browser: it has saved then what it keeps.
  const loaded = page.waitForEvent('load');
  await palette(page, 'Developer: Reload Window');
  await loaded;
  await openActivity(page, /^Longhaul/);
  await treeItem(page, /^Run 3, /).waitFor();
  await palette(page, 'Longhaul: Delegate to Background Agent');
  const kept = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Continue the draft: Say what it costs' });
  await kept.waitFor();
  await picture(page, '166 a draft after a reload');
  await kept.click();
  const again = await quickStep(page, '(1/2)');
  expect(await again.inputValue()).toBe('Say what it costs');
  await page.keyboard.press('Escape');
});

test('two problems of a line are two quick fixes, each with what it is about', async () => {
  const file = 'two.css';
  await writeFile(path.join(place.repository, file), 'a { colour: red; backgrund: blue }\n');
  await page.keyboard.press('Control+P');
  await page.keyboard.type(file);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: file }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.squiggly-warning').nth(1).waitFor();
  await page.keyboard.press('Control+A');
  const fixes = page.locator('.action-widget').getByText(/Delegate “.*” to Background Agent/);
  await expect
    .poll(async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Control+.');
      return fixes.allTextContents();
    })
    .toHaveLength(2);
  expect(new Set(await fixes.allTextContents()).size).toBe(2);
  await picture(page, '167 a quick fix for each problem');
  expect(await dialog(page, /./).count()).toBe(0);
});

test('as long as a runner has not answered, the views say that they connect', async () => {
  // Takes connections, and says nothing.
  const held: Socket[] = [];
  const mute = createServer((socket) => void held.push(socket)).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => {
    for (const socket of held) socket.destroy();
    mute.close();
  });
  const { port } = mute.address() as AddressInfo; // safe: it listens on a port
  await workbench.setOfMachine({ 'longhaul.url': `http://127.0.0.1:${port}` });
  const loaded = page.waitForEvent('load');
  await palette(page, 'Developer: Reload Window');
  await loaded;
  await openActivity(page, /^Longhaul/);
  await page.getByText('There is no token for the runner').first().waitFor();
  await picture(page, '168 a runner elsewhere without a token');
  await palette(page, 'Longhaul: Set Runner Token');
  const box = await quickStep(page, 'Longhaul: Runner Token');
  await box.fill('a-token');
  await box.press('Enter');
  const connecting = page.locator('.pane-body').getByText('Connecting to the runner…');
  await connecting.first().waitFor();
  await picture(page, '169 connecting');
  expect(await connecting.count()).toBeGreaterThanOrEqual(2);
});
