import path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { output } from './workbench.ts';

/** What a person does in the workbench, in steps that were found to be steady. Each waits for what it needs. */

/** Shows a container of the side bar. A click hides the one that is shown, which Longhaul's own may become just then: after a delegation. */
export const openActivity = async (page: Page, name: string | RegExp): Promise<void> => {
  const tab = page.locator('.activitybar').getByRole('tab', { name });
  const shown = tab.and(page.locator('[aria-expanded="true"]'));
  await tab.waitFor();
  for (let attempt = 0; attempt < 5 && (await shown.count()) === 0; attempt += 1) {
    await tab.click();
    await shown.waitFor({ timeout: 3000 }).catch(() => {});
  }
};

export const treeItem = (page: Page, name: string | RegExp): Locator => page.getByRole('treeitem', { name });

/** Unfolds a row of a tree, or folds it. A tree that is being redrawn lets a click go to the row that was there before. */
export const fold = async (row: Locator, unfolded: boolean): Promise<void> => {
  const wanted = row.and(row.page().locator(`[aria-expanded="${unfolded}"]`));
  await row.waitFor();
  for (let attempt = 0; attempt < 5 && (await wanted.count()) === 0; attempt += 1) {
    // What is said about the row above must not lie over this one.
    await row.page().mouse.move(700, 2);
    await row.click();
    await wanted.waitFor({ timeout: 3000 }).catch(() => {});
  }
};

export const explorerRow = (page: Page, file: string): Locator =>
  page.locator('.explorer-folders-view .monaco-list-row', { hasText: file });

/** The part of a webview that its extension made. */
export const webview = (page: Page): FrameLocator => page.frameLocator('iframe.webview').frameLocator('#active-frame');

/** Whether it comes into sight soon. */
export const comes = (what: Locator): Promise<boolean> =>
  what.waitFor({ timeout: 2000 }).then(
    () => true,
    () => false,
  );

/**
 * Chooses from a row's menu. A workbench that is still starting lists only what it knew when the menu opened, a menu that has
 * just opened lets a click pass, and one closes by itself where the focus is taken from it: it is opened until the entry is in it, and
 * was clicked when it went.
 */
export const chooseFromMenu = async (row: Locator, item: string | RegExp): Promise<void> => {
  const entry = row.page().getByRole('menuitem', { name: item });
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await row.click({ button: 'right' });
    let clicked = false;
    for (let click = 0; click < 10 && (await comes(entry)); click += 1) {
      clicked = await entry.click({ timeout: 2000 }).then(
        () => true,
        () => false,
      );
      await entry.waitFor({ state: 'hidden', timeout: 1000 }).catch(() => {});
      if (clicked && !(await entry.isVisible())) return;
    }
    await row.page().keyboard.press('Escape');
  }
  throw new Error(`the menu of the row has no ${String(item)} that can be chosen`);
};

const quickInput = (page: Page): Locator => page.locator('.quick-input-widget:visible .quick-input-box input');

/** Runs a command by its title in the palette. */
export const palette = async (page: Page, command: string): Promise<void> => {
  const box = quickInput(page);
  const row = page.locator('.quick-input-list .monaco-list-row', { hasText: command }).first();
  // A workbench that is still starting swallows the first keys, and lists only what it knew when the palette opened.
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await page.keyboard.press('F1');
    if (!(await comes(box))) continue;
    await box.fill(`>${command}`);
    if (await comes(row)) break;
    await page.keyboard.press('Escape');
  }
  await row.click();
};

/** The open quick pick or input box, once its title has this text. */
export const quickStep = async (page: Page, title: string | RegExp): Promise<Locator> => {
  await page.locator('.quick-input-widget:visible').filter({ hasText: title }).waitFor();
  return quickInput(page);
};

/** Delegates from the menu of a file, with enter for all that is asked but the goal. */
export const delegateFrom = async (page: Page, file: readonly string[], goal: string): Promise<void> => {
  await openActivity(page, /^Explorer/);
  for (const name of file.slice(0, -1)) await explorerRow(page, name).first().click();
  await chooseFromMenu(explorerRow(page, file.at(-1) ?? ''), /^Delegate to Background Agent/);
  const box = await quickStep(page, '(1/2)');
  await box.fill(goal);
  await box.press('Enter');
  await (await quickStep(page, '(2/2)')).press('Enter');
};

/** A picture for a person to look at, of a workbench that has drawn what it was asked for. */
export const picture = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))),
  );
  await page.screenshot({ path: path.join(output, `${name}.png`) });
};

/** What the badge of an entry of the activity bar says. */
export const badge = (page: Page, name: string | RegExp): Locator =>
  page.locator('.activitybar').getByRole('tab', { name }).locator('.badge-content');

/** A line above code that says something and offers actions, by what it says. */
export const lens = (page: Page, text: string | RegExp): Locator =>
  page.locator('.codelens-decoration').filter({ hasText: text });

export const notification = (page: Page, text: string | RegExp): Locator =>
  page.locator('.notification-toast').filter({ hasText: text });

/** A question in the middle of the window that must be answered. */
export const dialog = (page: Page, text: string | RegExp): Locator =>
  page.locator('.monaco-dialog-box').filter({ hasText: text });
