import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { openActivity } from './steps.ts';
import { Workbench } from './workbench.ts';

/** More than a person scrolls through. */
export const manyRuns = 1500;

/** Windows that the view is opened in; one more starts the runner. */
const windows = 7;

/** ms from the click that shows the view to the first row of Runs. */
export interface FirstRows {
  /** In windows that nothing of Longhaul was used in: all of the extension is loaded, the runner is looked for and asked. */
  readonly first: readonly number[];
  /** In the same windows, of a view that had been left for the explorer. */
  readonly again: readonly number[];
}

/**
 * How long the view takes to list anything where the runner that is there already has so many runs. Each window is a browser's of its own profile: what one
 * had stored has the next one look after its runs before anybody opens the view.
 */
export const firstRows = async (): Promise<FirstRows> => {
  await using place = await Place.make({ seeded: manyRuns });
  await using workbench = await Workbench.start({
    folder: path.join(place.folder, 'code'),
    vsix: packedExtension(),
    env: place.env,
  });
  const taken: { readonly first: number; readonly again: number }[] = [];
  for (let window = 0; window <= windows; window += 1) {
    const page = await workbench.open(place.repository);
    // The branch is shown by an extension that is activated before those that wait for the end of the start.
    await page.locator('.statusbar-item', { hasText: 'main' }).first().waitFor();
    await openActivity(page, /^Explorer/);
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => resolve(null))));
    const first = await openingView(page);
    await openActivity(page, /^Explorer/);
    taken.push({ first, again: await openingView(page) });
    await workbench.closeWindows();
    await rm(path.join(place.folder, 'code', 'browser'), { recursive: true, force: true, maxRetries: 5 });
  }
  const counted = taken.slice(1);
  return { first: counted.map(({ first }) => first), again: counted.map(({ again }) => again) };
};

/** Clicks on Longhaul, and has the window itself tell how long after that the first row was there. */
const openingView = async (page: Page): Promise<number> => {
  const watch = await page.evaluateHandle(watchFirstRow);
  await page
    .locator('.activitybar')
    .getByRole('tab', { name: /^Longhaul/ })
    .click();
  return watch.evaluate(({ row }) => row);
};

/** Runs in the window. Nobody polls: it looks when the window has changed what it shows. */
const watchFirstRow = (): { readonly row: Promise<number> } => {
  let clicked = 0;
  addEventListener('mousedown', ({ timeStamp }) => void (clicked = timeStamp), { capture: true, once: true });
  const isThere = (): boolean =>
    [...document.querySelectorAll('.pane')].some(
      (pane) =>
        pane.querySelector('.pane-header .title')?.textContent === 'Runs' &&
        pane.querySelector('.monaco-list-row') !== null &&
        pane.checkVisibility(),
    );
  const row = new Promise<number>((resolve) => {
    const observer = new MutationObserver(() => {
      if (clicked === 0 || !isThere()) return;
      observer.disconnect();
      resolve(performance.now() - clicked);
    });
    observer.observe(document.body, { subtree: true, childList: true });
  });
  return { row };
};
