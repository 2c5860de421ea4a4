import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  badge,
  chooseFromMenu,
  delegateFrom,
  explorerRow,
  dialog,
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

/** What a person is asked before something is opened, applied or done again. */

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;

/** Replaces what the sample repository tells Longhaul: its own verification fails until somebody mends it. */
const commitSettings = async (settings: string): Promise<void> => {
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), settings);
  gitIn(place.repository, 'commit', '--quiet', '--all', '--message=Settings');
};

/** The rule of the sample, without its verification. */
const asksForReceipts = `verification: []
policy:
  rules:
    - id: recorded-receipts
      verdict: ask
      reason: It records the expected receipts anew.
      tool: [bash]
      command: node receipts/record.js
      examples:
        matches: [{ tool: bash, command: node receipts/record.js }]
        not: [{ tool: bash, command: node --test }]
`;

beforeAll(async () => {
  place = things.use(await Place.make());
  await commitSettings('verification: []\n');
  workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: place.env,
      // What is shown in a terminal can be read then.
      settings: { 'terminal.integrated.gpuAcceleration': 'off' },
    }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

test('a run that was cancelled is resumed from its last checkpoint, from its page', async () => {
  const gate = place.model.hold('[line] Say sums', 1);
  await delegateFrom(page, ['README.md'], '[line] Say sums');
  await notification(page, 'Delegated as run 1').getByRole('button', { name: 'Open Run' }).click();
  await gate.reached;
  await webview(page).getByRole('button', { name: 'Stop…' }).click();
  await dialog(page, 'Cancel').getByRole('button', { name: 'Cancel Run' }).click();
  const resume = webview(page).getByRole('button', { name: 'Resume from Last Checkpoint' });
  await resume.waitFor();
  const cancelled = await place.settled(({ status }) => status === 'cancelled');
  await picture(page, '50 the page of a cancelled run');
  await resume.click();
  gate.open();
  const run = await place.settled(({ status }) => status === 'reviewing');
  expect(run.id).toBe(cancelled.id);
  const api = await place.api();
  const events = await api.runs.events.query({ run: run.id });
  // The edit was not done again: what is resumed goes on behind it.
  const tools = new Map(events.flatMap(({ body }) => (body.type === 'call.judged' ? [[body.call, body.tool]] : [])));
  const started = events.flatMap(({ body }) => (body.type === 'call.started' ? [tools.get(body.call)] : []));
  expect(started).toEqual(['edit', 'finish']);
  expect(events.filter(({ body }) => body.type === 'run.resumed')).toHaveLength(1);
});

test('a file that an open run has changed is marked as such, and what the agent has of it is opened from its menu', async () => {
  await openActivity(page, /^Explorer/);
  const row = explorerRow(page, 'README.md');
  await row.locator('[aria-label*="#1 “[line] Say sums” has changed this"]').waitFor();
  await picture(page, '57 a file that an open run has changed');
  await chooseFromMenu(row, /^Open What the Agent Has/);
  await page.getByRole('tab', { name: /^README\.md \(round 1\)/ }).waitFor();
  expect(await page.getByRole('tab', { name: /^README\.md \(round 1\)/ }).count()).toBe(1);
  await palette(page, 'View: Close Editor');
});

test('the files of a run are found by name, from its row and from the palette, and nobody can write them', async () => {
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(treeItem(page, /^Run 1, .*reviewing/).first(), /^Open Run's Tree/);
  const files = await quickStep(page, 'Longhaul: Tree of #1 [line] Say sums');
  const row = page.locator('.quick-input-list .monaco-list-row');
  await row.filter({ hasText: 'src/cart.js' }).waitFor();
  await picture(page, '58 the files of a run');
  await files.fill('receipts/car');
  await row.filter({ hasText: 'README.md' }).waitFor({ state: 'hidden' });
  expect(await row.count()).toBe(1);
  await files.fill('readme');
  await row.filter({ hasText: 'README.md' }).waitFor();
  await files.press('Enter');
  const tab = page.getByRole('tab', { name: /^README\.md/ });
  await tab.waitFor();
  const said = page.locator('.view-lines', { hasText: 'Sums a cart' });
  await said.waitFor();
  await said.click();
  await page.keyboard.type('x');
  await page.getByText('This is as the run saved it. Nothing that you do here reaches the run.').first().waitFor();
  await picture(page, '59 a file of a run');
  // Its neighbours are a click away in the path above it.
  await page.locator('.monaco-breadcrumbs .monaco-breadcrumb-item', { hasText: 'README.md' }).click();
  await page.getByRole('treeitem', { name: 'package.json' }).first().waitFor();
  await picture(page, '59 beside a file of a run');
  await page.keyboard.press('Escape');
  await palette(page, 'View: Close Editor');

  await palette(page, "Longhaul: Open Run's Tree");
  const runs = await quickStep(page, 'Longhaul: Tree of Which Run?');
  await runs.press('Enter');
  await quickStep(page, 'Longhaul: Tree of #1 [line] Say sums');
  await page.keyboard.press('Escape');
  expect(gitIn(place.repository, 'status', '--porcelain')).toBe('');
});

test('a terminal in the sandbox of a run has a copy of its tree, and nothing that is done there reaches the run', async () => {
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(treeItem(page, /^Run 1, .*reviewing/).first(), /^Open Terminal in Run's Sandbox/);
  const shown = page.locator('.terminal-wrapper.active .xterm-rows');
  await shown.filter({ hasText: 'sandbox:/workspace$' }).waitFor();
  await page.keyboard.type('rm package.json; grep -c "Sums a cart" README.md; ls\n');
  await shown.filter({ hasText: /README\.md\s+receipts\s+src\s+test/ }).waitFor();
  await picture(page, '60 a terminal in the sandbox of a run');
  await page.keyboard.type('exit\n');
  await shown.waitFor({ state: 'hidden' });
  expect(gitIn(place.repository, 'status', '--porcelain')).toBe('');
});

test('what runs by lying there comes first in the review, and is shown before it is applied', async () => {
  await delegateFrom(page, ['README.md'], '[makefile] Add a Makefile');
  const { number } = await place.settled(({ status, number }) => number === 2 && status === 'reviewing');
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(treeItem(page, new RegExp(`^Run ${number}, .*reviewing`)).first(), /^Review Result/);
  const careful = treeItem(page, /^Makefile, added, undecided, look closely: It runs when somebody builds or tests/);
  await careful.waitFor();
  await picture(page, '51 a file that needs a closer look');
  await palette(page, 'Longhaul: Apply Accepted Changes');
  await dialog(page, 'undecided').getByRole('button', { name: 'Accept All and Apply' }).click();
  const asked = dialog(page, '1 file needs a closer look');
  await asked.waitFor();
  await picture(page, '52 asked before it is applied');
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await asked.waitFor({ state: 'hidden' });
  expect(gitIn(place.repository, 'status', '--porcelain')).toBe('');
});

test('with two reviews open, each command acts on the one in front, says so, and does no more than was decided', async () => {
  await openActivity(page, /^Longhaul/);
  const row = (number: number) => treeItem(page, new RegExp(`^Run ${number}, .*reviewing`)).first();
  const tab = (number: number) => page.getByRole('tab', { name: new RegExp(`^#${number} .*\\(round 1\\)`) });
  await chooseFromMenu(row(1), /^Review Result/);
  await palette(page, 'View: Keep Editor');
  await chooseFromMenu(row(2), /^Review Result/);
  await tab(2).waitFor();
  await treeItem(page, /^Makefile, added/).waitFor();
  await tab(1).click();
  await treeItem(page, /^Makefile, added/).waitFor({ state: 'hidden' });
  await palette(page, 'Longhaul: Apply Accepted Changes');
  const asked = dialog(page, '#1 [line] Say sums (round 1): 1 of 1 changes are undecided');
  await asked.waitFor();
  await picture(page, '54 which run is applied');
  // What Enter does: it shows the changes, which are in front already, and applies none.
  await page.keyboard.press('Enter');
  await asked.waitFor({ state: 'hidden' });
  expect(await tab(1).count()).toBe(1);
  expect(gitIn(place.repository, 'status', '--porcelain')).toBe('');
});

test('settings that open hosts are shown before a run begins, and refusing delegates nothing', async () => {
  await commitSettings('verification: []\negress: [a.example.org]\n');
  await delegateFrom(page, ['README.md'], '[line] Say sums');
  const asked = dialog(page, "This repository's settings open hosts");
  await asked.getByText('a.example.org').waitFor();
  await picture(page, '53 whether to trust settings');
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await notification(page, 'Nothing was delegated').waitFor();
  expect((await place.settled(() => true)).number).toBe(2);
  // The wizard is back where it was; dismissed and called again, it goes on with what was typed.
  await (await quickStep(page, '(2/2)')).press('Escape');
  await page.keyboard.press('Control+Alt+L');
  await (await quickStep(page, 'Continue the draft: [line] Say sums')).press('Enter');
  await picture(page, '53 a draft');
  await (await quickStep(page, '(1/2)')).press('Enter');
  await (await quickStep(page, '(2/2)')).press('Enter');
  await asked.getByRole('button', { name: 'Trust and Delegate' }).click();
  const run = await place.settled(({ number }) => number === 3);
  expect(run.task.goal).toContain('[line] Say sums');
});

test('an end that nobody has seen needs a person until it was seen, in any window', async () => {
  await place.settled(({ status, number }) => number === 3 && status === 'reviewing');
  await commitSettings('verification: []\n');
  await delegateFrom(page, ['README.md'], '[nothing] Look around');
  await place.settled(({ status, number }) => number === 4 && status === 'completed');
  await openActivity(page, /^Longhaul/);
  const row = treeItem(page, /^Not seen yet: \[nothing\] Look around/);
  await row.waitFor();
  // Three results to review, and this end.
  const waiting = (count: number) => badge(page, /^Longhaul/).filter({ hasText: new RegExp(`^${count}$`) });
  await waiting(4).waitFor();
  await picture(page, '55 an end that nobody has seen');
  await chooseFromMenu(row, /^Mark as Seen/);
  await row.waitFor({ state: 'hidden' });
  await waiting(3).waitFor();
  await delegateFrom(page, ['README.md'], '[nothing] Look again');
  await place.settled(({ status, number }) => number === 5 && status === 'completed');
  // The window is made anew: what was seen stays seen, what was not is still there.
  page = await workbench.open(place.repository);
  await openActivity(page, /^Longhaul/);
  const again = treeItem(page, /^Not seen yet: \[nothing\] Look again/);
  await again.waitFor();
  expect(await treeItem(page, /^Not seen yet: \[nothing\] Look around/).count()).toBe(0);
  await page.getByRole('button', { name: /^Longhaul: \d+ waiting for you/ }).click();
  const list = await quickStep(page, 'Longhaul: What Needs Me');
  await list.fill('Look again');
  await picture(page, '56 what needs me');
  await list.press('Enter');
  await again.waitFor({ state: 'hidden' });
});

test('arguments that are no JSON say where, and what was decided elsewhere meanwhile says by whom', async () => {
  await commitSettings(asksForReceipts);
  await delegateFrom(page, ['README.md'], '[ask] Record the receipts');
  await notification(page, /Delegated as run .*\[ask\]/).waitFor();
  const run = await place.settled(({ status }) => status === 'waiting');
  await openActivity(page, /^Longhaul/);
  const asked = treeItem(page, /^Decision: .*record\.js/).first();
  await chooseFromMenu(asked, /^Open Changes So Far/);
  const nothing = notification(page, `Run ${run.number} has changed nothing so far.`);
  await nothing.locator('.codicon-info').waitFor();
  // Enter alone approves nothing: it opens the page, which shows all of it.
  const named = `#${run.number} [ask] Record the receipts (round 1)`;
  await chooseFromMenu(asked, /^Approve/);
  await dialog(page, 'record.js').getByText(`Run: ${named}`).waitFor();
  await page.keyboard.press('Enter');
  await webview(page).getByText('Record the receipts').first().waitFor();
  await chooseFromMenu(asked, /^Edit and Approve/);
  await lens(page, 'Approve with This Command')
    .getByText(/timeoutSeconds/)
    .click();
  await lens(page, 'Approve with These Arguments').waitFor();
  await page.locator('.view-line').first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{"command": npm}');
  await lens(page, 'Approve with These Arguments').locator('a').first().click();
  await notification(page, 'Nothing was approved. Line 1, column 13: expected a value.').waitFor();
  await chooseFromMenu(asked, /^Reject/);
  await quickStep(page, 'Reject: Run node receipts/record.js');
  await page.locator('.quick-input-widget').getByText(`${named}. Why?`).waitFor();
  const api = await place.api();
  const [open] = await api.decisions.list.query();
  if (open === undefined) throw new Error('nothing is asked');
  const { id: decision, hash } = open.request;
  await api.decisions.decide.mutate({ run: run.id, decision, hash, verdict: { kind: 'rejected', reason: 'not now' } });
  await lens(page, /This was rejected \(not now\) by .* ago/).waitFor();
  await picture(page, '56 arguments of a decision that was made elsewhere');
  const late = await quickStep(page, 'Reject: Run node receipts/record.js');
  await late.press('Enter');
  await notification(page, /This was rejected \(not now\) by .* What you did was not taken/).waitFor();
  const events = await api.runs.events.query({ run: run.id });
  expect(events.flatMap(({ body }) => (body.type === 'decision.made' ? [body.verdict.kind] : []))).toEqual([
    'rejected',
  ]);
});

test('a run is not cancelled by Enter alone', async () => {
  const gate = place.model.hold('[line] Keep on', 0);
  await delegateFrom(page, ['README.md'], '[line] Keep on');
  await gate.reached;
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(treeItem(page, /^Run \d+, \[line\] Keep on, working/).first(), /^Cancel Run/);
  const question = dialog(page, /Cancel #\d+ \[line\] Keep on \(round 1\)\?/);
  await question.waitFor();
  await page.keyboard.press('Enter');
  await question.waitFor({ state: 'hidden' });
  gate.open();
  const run = await place.settled(({ status }) => status === 'reviewing');
  expect(run.task.goal).toBe('[line] Keep on');
});

test('a key of the model is tried when it is given, and the doctor leads to where it is given', async () => {
  await palette(page, 'Longhaul: Set Model Key');
  const box = await quickStep(page, 'Longhaul: Model Key');
  await box.fill('sk-wrong');
  await box.press('Enter');
  await page.locator('.quick-input-widget').getByText('the key was refused (401)').waitFor();
  await picture(page, '57 a key that is refused');
  // Once more: it is kept all the same.
  await box.press('Enter');
  await box.waitFor({ state: 'hidden' });
  // The walkthrough ticks what was done, and not what was only begun.
  await palette(page, 'Longhaul: Get Started');
  const step = (title: string) => page.locator('.getting-started-step').filter({ hasText: title });
  await step('Delegate a task').locator('.codicon.complete').waitFor();
  expect(await step('Give it a model').locator('.codicon.complete').count()).toBe(0);
  await palette(page, 'Longhaul: Doctor');
  await quickStep(page, 'Longhaul: Doctor — ');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'the key was refused (401)' }).click();
  await quickStep(page, 'Longhaul: Doctor — model');
  await picture(page, '58 what the doctor offers about a key');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Set Model Key' }).click();
  const again = await quickStep(page, 'Longhaul: Model Key');
  await again.fill(place.env['OPENAI_API_KEY'] ?? '');
  await again.press('Enter');
  const told = notification(page, 'The key works');
  await told.waitFor();
  await step('Give it a model').locator('.codicon.complete').waitFor();
  await picture(page, '59 the walkthrough');
  expect(await told.textContent()).toContain('scripted at http://127.0.0.1');
});
