import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decisionSummaries } from '../../shared/run/summary.ts';
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
  picture,
  treeItem,
} from './steps.ts';
import { Workbench } from './workbench.ts';

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let first: Page;
let second: Page;

beforeAll(async () => {
  place = things.use(await Place.make());
  workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  first = await workbench.open(place.repository);
  second = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

test('two windows show the same, and one of them tells', async () => {
  await delegateFrom(first, ['README.md'], 'Mend the failing tests');
  for (const page of [first, second]) {
    await openActivity(page, /^Longhaul/);
    await treeItem(page, /^Decision: .*record\.js/)
      .first()
      .waitFor();
    await expect.poll(() => badge(page, /^Longhaul/).textContent()).toBe('1');
  }
  const told = await Promise.all([first, second].map((page) => notification(page, 'record.js').count()));
  expect(told.toSorted((a, b) => a - b)).toEqual([0, 1]);
});

test('what is decided in one window is decided in the other', async () => {
  await chooseFromMenu(treeItem(second, /^Decision: .*record\.js/).first(), /^Approve/);
  await dialog(second, 'record.js').getByRole('button', { name: 'Approve', exact: true }).click();
  const run = await place.settled(({ status }) => status === 'reviewing');
  expect(decisionSummaries(run)).toEqual([]);
  for (const page of [first, second]) {
    await treeItem(page, /^Run 1, .*, reviewing/).waitFor();
    await treeItem(page, /^Decision: .*record\.js/)
      .first()
      .waitFor({ state: 'hidden' });
  }
});

test('a half-decided round is there again in a new window', async () => {
  await chooseFromMenu(treeItem(first, /^Run 1, .*, reviewing/), /^Review Result/);
  await lens(first, 'Change 1 of 2: undecided').getByText('Reject', { exact: true }).click();
  const tally = (page: Page) => page.getByText(/^0 accepted, 1 rejected, \d+ undecided/).first();
  await tally(first).waitFor();
  await first.close();
  first = await workbench.open(place.repository);
  await openActivity(first, /^Longhaul/);
  await tally(first).waitFor();
  await chooseFromMenu(treeItem(first, /^Run 1, .*, reviewing/), /^Review Result/);
  const decided = lens(first, /Change 1 of 2: .*rejected/);
  await decided.waitFor();
  await picture(first, 'half decided, in a new window');
  // A line above code is drawn anew when more is known of it.
  await expect.poll(() => decided.count()).toBe(1);
});

test('closed in the middle of a run, and opened again: it went on, the tree is right, and one notification says so', async () => {
  const gate = place.model.hold('Again', 0);
  await delegateFrom(first, ['README.md'], 'Again');
  await gate.reached;
  await workbench.closeWindows();
  await workbench.stopServer();
  gate.open();
  const run = await place.settled(({ status }) => status === 'waiting');
  expect(run.number).toBe(2);
  await workbench.startServer();
  first = await workbench.open(place.repository);
  // Nobody has clicked anything yet.
  const told = notification(first, 'record.js');
  await told.waitFor();
  // It hides by itself after a while.
  expect(await told.count()).toBe(1);
  await picture(first, '9 opened again');
  await openActivity(first, /^Longhaul/);
  await treeItem(first, /^Decision: .*record\.js/)
    .first()
    .waitFor();
  await treeItem(first, /^Run 2, .*, waiting/).waitFor();
  // Rows that are not in sight are not there.
  await treeItem(first, /^Run 2, /).hover();
  await first.mouse.wheel(0, 1000);
  await treeItem(first, /^Run 1, .*, reviewing/).waitFor();
  await expect.poll(() => badge(first, /^Longhaul/).textContent()).toBe('2');
  second = await workbench.open(place.repository);
  await openActivity(second, /^Longhaul/);
  await treeItem(second, /^Run 2, .*, waiting/).waitFor();
  expect(await notification(second, 'record.js').count()).toBe(0);
});
