import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { packBareView } from './pack-beside.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { openActivity } from './steps.ts';
import { Workbench } from './workbench.ts';

/** More than a person scrolls through. */
export const manyRuns = 1500;

/** Windows of each kind. */
const windows = 5;

/** ms from the click that shows a view to its first row. */
export interface FirstRows {
  /** In windows of a profile in which nothing of Longhaul was used: all of the extension is loaded, the runner is looked for and asked. */
  readonly new: readonly number[];
  /** In windows of a profile that knew of runs which are not over: they are looked after before anybody opens the view. */
  readonly used: readonly number[];
  /** In the same windows, of a view that had been left for the explorer. */
  readonly again: readonly number[];
  /** Of the first view of an extension that has nothing but rows. */
  readonly bare: readonly number[];
}

/**
 * How long the view takes to list anything where the runner that is there already has so many runs. VS Code itself makes its side bar ready for the first view
 * of an extension that a window opens, so that each is opened in windows of its own.
 */
export const firstRows = async (): Promise<FirstRows> => {
  await using place = await Place.make({ seeded: manyRuns });
  await using workbench = await Workbench.start({
    folder: path.join(place.folder, 'code'),
    vsix: packedExtension(),
    beside: [await packBareView(path.join(place.folder, 'bare-view'))],
    env: place.env,
  });
  const taken = { new: [] as number[], used: [] as number[], again: [] as number[], bare: [] as number[] };
  const inWindow = async (open: (page: Page) => Promise<void>): Promise<void> => {
    const page = await workbench.open(place.repository);
    // The branch is shown by an extension that is activated before those that wait for the end of the start.
    await page.locator('.statusbar-item', { hasText: 'main' }).first().waitFor();
    await openActivity(page, /^Explorer/);
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => resolve(null))));
    await open(page);
    await workbench.closeWindows();
  };
  const longhaul = (page: Page): Promise<number> => openingView(page, { activity: /^Longhaul/, pane: 'Runs' });
  // The status bar says how many wait.
  const known = (page: Page): Promise<void> =>
    page
      .locator('.statusbar-item', { hasText: String(manyRuns / 10) })
      .first()
      .waitFor();
  // It starts the runner.
  await inWindow(async (page) => {
    await longhaul(page);
    await known(page);
  });
  for (let window = 0; window < windows; window += 1) {
    await inWindow(async (page) => {
      await known(page);
      taken.used.push(await longhaul(page));
      await openActivity(page, /^Explorer/);
      taken.again.push(await longhaul(page));
    });
    await rm(path.join(place.folder, 'code', 'browser'), { recursive: true, force: true, maxRetries: 5 });
    await inWindow(async (page) => void taken.bare.push(await openingView(page, { activity: /^Bare/, pane: 'Rows' })));
    await inWindow(async (page) => {
      taken.new.push(await longhaul(page));
      await known(page);
    });
  }
  return taken;
};

interface View {
  readonly activity: RegExp;
  /** The title of what in it has the rows. */
  readonly pane: string;
}

/** Clicks on its icon, and has the window itself tell how long after that the first row was there. */
const openingView = async (page: Page, { activity, pane }: View): Promise<number> => {
  const watch = await page.evaluateHandle(watchFirstRow, pane);
  await page.locator('.activitybar').getByRole('tab', { name: activity }).click();
  return watch.evaluate(({ row }) => row);
};

/** Runs in the window. Nobody polls: it looks when the window has changed what it shows. */
const watchFirstRow = (title: string): { readonly row: Promise<number> } => {
  let clicked = 0;
  addEventListener('mousedown', ({ timeStamp }) => void (clicked = timeStamp), { capture: true, once: true });
  const isThere = (): boolean =>
    [...document.querySelectorAll('.pane')].some(
      (pane) =>
        pane.querySelector('.pane-header .title')?.textContent === title &&
        pane.querySelector('.monaco-list-row') !== null &&
        pane.checkVisibility(),
    );
  const row = new Promise<number>((resolve, reject) => {
    setTimeout(() => reject(new Error(`After a minute "${title}" has no row.`)), 60_000);
    const observer = new MutationObserver(() => {
      if (clicked === 0 || !isThere()) return;
      observer.disconnect();
      resolve(performance.now() - clicked);
    });
    observer.observe(document.body, { subtree: true, childList: true });
  });
  return { row };
};
