import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import type { Gate } from './model.ts';
import { pointless, welcome } from './model.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  badge,
  chooseFromMenu,
  delegateFrom,
  dialog,
  lens,
  notification,
  openActivity,
  palette,
  picture,
  treeItem,
  webview,
} from './steps.ts';
import { Workbench } from './workbench.ts';

const goal = 'Mend the failing tests';

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;

beforeAll(async () => {
  place = things.use(await Place.make());
  workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

let gate: Gate;

test('a file is delegated from its menu, and the run appears and moves', async () => {
  gate = place.model.hold(goal, 2);
  await delegateFrom(page, ['src', 'cart.js'], goal);
  await openActivity(page, /^Longhaul/);
  await treeItem(page, new RegExp(`^Run 1, ${goal}, working`)).waitFor();
  await gate.reached;
  await treeItem(page, /^Plan step 1, active: See what fails and why/).waitFor();
  await picture(page, '1 a run at work');
  expect((await place.settled(() => true)).status).toBe('working');
});

test('an approval arrives, the badge counts it, and it is edited and approved', async () => {
  gate.open();
  const decision = treeItem(page, /^Decision: .*receipts\/record\.js/).first();
  await decision.waitFor();
  await expect.poll(() => badge(page, /^Longhaul/).textContent()).toBe('1');
  await notification(page, 'receipts/record.js').waitFor();
  await picture(page, '2 an approval');
  await chooseFromMenu(decision, /^Edit and Approve/);
  await lens(page, 'Approve with This Command')
    .getByText(/timeoutSeconds/)
    .click();
  await lens(page, 'Approve with These Arguments').waitFor();
  // Digits alone: whatever else is typed over a selection, the editor completes.
  await page.locator('.view-line span').getByText('60', { exact: true }).dblclick();
  await page.keyboard.type('90');
  await picture(page, '3 its arguments edited');
  await lens(page, 'Approve with These Arguments').locator('a').first().click();
  const run = await place.settled(({ status }) => status === 'reviewing');
  const api = await place.api();
  const events = await api.runs.events.query({ run: run.id });
  expect(events.flatMap(({ body }) => (body.type === 'decision.made' ? [body.verdict] : []))).toEqual([
    { kind: 'approved', arguments: { command: 'node receipts/record.js', timeoutSeconds: 90, network: null } },
  ]);
});

test('the diff opens, one change is rejected, the rest accepted and applied, and nothing else is written', async () => {
  const run = treeItem(page, new RegExp(`^Run 1, ${goal}, reviewing`));
  await chooseFromMenu(run, /^Review Result/);
  await page.locator('.multiDiffEditor').first().waitFor();
  await lens(page, 'undecided').first().waitFor();
  // The tests of the repository ran the repaired lines.
  await lens(page, 'run by node --test').first().waitFor();
  await picture(page, '4 the diff of all files');
  await lens(page, 'Change 1 of 2: undecided').getByText('Reject', { exact: true }).click();
  await lens(page, /Change 1 of 2: .*rejected/).waitFor();
  await picture(page, '5 one change rejected');
  await palette(page, 'Longhaul: Apply Accepted Changes');
  await dialog(page, 'undecided').waitFor();
  await picture(page, '6 the rest is accepted');
  await dialog(page, 'undecided').getByRole('button', { name: 'Accept the Rest and Apply' }).click();
  await notification(page, 'Undo').waitFor();
  await picture(page, '7 applied');
  const tests = await place.read('test/cart.test.js');
  expect({ pointless: tests.includes(pointless.after), welcome: tests.includes(welcome.after) }).toEqual({
    pointless: false,
    welcome: true,
  });
  expect(gitIn(place.repository, 'status', '--porcelain')).toBe(
    ' M receipts/recorded.json\n M src/cart.js\n M test/cart.test.js\n',
  );
  expect(gitIn(place.repository, 'diff', '--numstat')).toBe(
    '1\t1\treceipts/recorded.json\n2\t2\tsrc/cart.js\n4\t0\ttest/cart.test.js\n',
  );
  expect(place.testsPass()).toBe(true);
});

test('the run is accepted, and the history shows it', async () => {
  await notification(page, 'Undo').getByRole('button', { name: 'Accept Run' }).click();
  expect((await place.settled(({ status }) => status !== 'reviewing')).status).toBe('accepted');
  await palette(page, 'Longhaul: Show History');
  await webview(page).getByText(goal).first().waitFor();
  await picture(page, '8 the history');
});

test('lines that verification did not run are said to be, at the change and in their row, and their file comes first', async () => {
  await delegateFrom(page, ['README.md'], '[untested] Name the cheapest');
  await place.settled(({ number, status }) => number === 2 && status === 'reviewing');
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(treeItem(page, /^Run 2, .*, reviewing/), /^Review Result/);
  await lens(page, 'not run by verification').waitFor();
  await picture(page, '9 lines that were not run');
  const rows = page.getByRole('treeitem', { name: /^(?:src\/cart\.js|README\.md), modified/ });
  await treeItem(page, /^src\/cart\.js, modified, not run by verification \(2 changed lines\), undecided/).waitFor();
  expect(await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label')?.split(',')[0]))).toEqual([
    'src/cart.js',
    'README.md',
  ]);
});
