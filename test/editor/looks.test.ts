import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { contactSheet, drawIn, themes, violations, widen, type Tile } from './looks.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { openActivity, palette, quickStep, treeItem, webview } from './steps.ts';
import { Workbench } from './workbench.ts';

/** How it looks: every view and page in every theme, narrow and wide, with a sheet of all that a person looks through. */

const widths = [200, 300, 500];

const things = new AsyncDisposableStack();
const tiles: Tile[] = [];
let place: Place;
let workbench: Workbench;
let page: Page;

beforeAll(async () => {
  place = things.use(await Place.make());
  const triggers = path.join(place.repository, '.longhaul', 'triggers');
  await mkdir(triggers);
  await writeFile(path.join(triggers, 'yearly.yaml'), 'schedule: 30 2 1 1 *\ngoal: Look.\n');
  await writeFile(path.join(triggers, 'broken.yaml'), 'schedule: now\ngoal: Look.\n');
  gitIn(place.repository, 'add', '--all');
  gitIn(place.repository, 'commit', '--quiet', '--message=What begins runs');
  // One run in each state that a person meets.
  const gate = place.model.hold('[line] Name it well', 1);
  things.defer(() => gate.open());
  await place.delegate('Mend the failing tests');
  await place.delegate('[line] Say sums', '--verify', 'node --version');
  await place.delegate('[nothing] Look around', '--verify', 'true');
  await place.delegate('[ask] Record the receipts');
  await place.delegate('[ask] Never mind');
  await place.settled(({ status }) => status === 'waiting');
  await place.does('cancel', 'latest');
  await place.delegate('[line] Name it well', '--verify', 'true');
  const states = ['working', 'cancelled', 'waiting', 'completed', 'reviewing', 'waiting'];
  await place.listed((runs) => runs.every(({ status }, index) => status === states[index]));
  await gate.reached;
  workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  page = await workbench.open(place.repository);
  // Tall, so that no row of a view is out of sight.
  await page.setViewportSize({ width: 1440, height: 1300 });
  await place.does('triggers', 'enable', 'yearly');
  await openActivity(page, /^Longhaul/);
  await palette(page, 'Longhaul: Focus on Automations View');
  await treeItem(page, /^Automation yearly: on/).waitFor();
  await treeItem(page, /Say sums/)
    .first()
    .waitFor();
});
afterAll(async () => {
  await contactSheet(await workbench.open('', 'empty'), tiles, 'contact sheet');
  await things.disposeAsync();
});

const openRun = async (title: string): Promise<void> => {
  await palette(page, 'Longhaul: Open Run');
  const box = await quickStep(page, 'Longhaul: Open Run');
  await box.fill(title);
  await box.press('Enter');
};

/** The pages, each with what opens it and what is on it when it is drawn. */
const pages = [
  { name: 'page of a run in review', open: () => openRun('Say sums'), drawn: 'Evidence' },
  { name: 'page of a run that works', open: () => openRun('Name it well'), drawn: 'Pause' },
  { name: 'page of a run that waits', open: () => openRun('Record the receipts'), drawn: /record\.js/ },
  { name: 'page of a run without changes', open: () => openRun('Look around'), drawn: 'Delegate Again' },
  { name: 'page of a run that was cancelled', open: () => openRun('Never mind'), drawn: 'Resume from Last Checkpoint' },
  {
    name: 'decision page',
    open: async () => {
      await palette(page, 'Longhaul: Open Approval');
      await (await quickStep(page, 'Longhaul: Open Approval')).press('Enter');
    },
    drawn: /record\.js/,
  },
  { name: 'history', open: () => palette(page, 'Longhaul: Show History'), drawn: 'Failures by class' },
] as const;

describe.each(themes)('in $theme', (look) => {
  const { theme, kind } = look;
  beforeAll(() => drawIn(page, look));

  test('the views are readable at every width, and each of their rows has a name', async () => {
    await palette(page, 'Longhaul: Review Result');
    await (await quickStep(page, 'Which result')).press('Enter');
    await treeItem(page, /^README\.md, modified/).waitFor();
    await page.locator('.multiDiffEditor .view-lines').nth(1).waitFor();
    tiles.push({ theme, name: 'review', png: await page.locator('.part.editor').screenshot() });
    for (const width of widths) {
      await widen(page, width);
      const png = await page.locator('.part.sidebar').screenshot();
      tiles.push({ theme, name: `${width} px`, png });
    }
    const rows = page.locator('.part.sidebar .monaco-list-row');
    expect(await rows.count()).toBeGreaterThan(5);
    for (const row of await rows.all()) expect(await row.getAttribute('aria-label')).toMatch(/\w/);
  });

  test.each(pages)('the $name has nothing that axe objects to', async ({ name, open, drawn }) => {
    await palette(page, 'View: Close All Editors');
    await open();
    await webview(page).getByText(drawn).first().waitFor();
    await webview(page).locator(`body.${kind}`).waitFor();
    expect(await violations(page)).toEqual([]);
    tiles.push({ theme, name, png: await page.locator('.part.editor').screenshot() });
  });
});
