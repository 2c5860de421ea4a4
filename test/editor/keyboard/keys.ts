import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { comes } from '../steps.ts';

/** What a person does in the workbench without a mouse. */
export interface Keys {
  /** Presses keys, one after the other. */
  press(...keys: readonly string[]): Promise<void>;
  /** Closes what lies over the views. */
  clear(): Promise<void>;
  type(text: string): Promise<void>;
  /** Runs a command by its whole title in the palette. */
  palette(title: string): Promise<void>;
  /** Chooses a row of the quick pick that asks this; without a text the first. */
  pick(asked: string | RegExp, text?: string): Promise<void>;
  /** Goes to the row of a view. */
  row(view: string, text: RegExp): Promise<void>;
  /** Goes to the row of a list that has the focus. */
  rowOf(list: Locator, text: RegExp): Promise<void>;
  /** Opens the menu of what has the focus, and chooses from it. */
  menu(item: RegExp): Promise<void>;
  /** Goes on with a key, Tab if nothing else is said, until what has the focus is called so. */
  goTo(name: RegExp, key?: string): Promise<void>;
  /** Chooses a button of the dialog that says this. */
  answer(dialog: string, button: RegExp): Promise<void>;
  /** Chooses an action in the title of a view, or in the menu of those that have no room there. */
  title(view: string, item: RegExp): Promise<void>;
  /** Presses a key until something is so. */
  until(key: string, isSo: () => Promise<boolean>): Promise<void>;
  /** How often a mouse was used in this window. */
  mice(): Promise<number>;
}

/** More than the longest list, menu or page has. */
const mostPresses = 120;

/** Of a view that is drawn anew while somebody goes through it, a menu that something closed, a palette that lost the focus. */
const mostAttempts = 10;

/** What lies over the views and takes the keys. */
const over = '.quick-input-widget, .monaco-dialog-box, .context-view .monaco-menu';

export const keysOf = async (page: Page): Promise<Keys> => {
  await page.evaluate(() => {
    const counted = globalThis as { mice?: number };
    counted.mice = 0;
    addEventListener('pointerdown', () => void (counted.mice = (counted.mice ?? 0) + 1), true);
  });
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const drawn = (): Promise<unknown> =>
    page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(null))));
  /** Presses a key until something is so; each press has shown what it does by then. */
  const until = async (key: string, isSo: () => Promise<boolean>): Promise<void> => {
    for (let presses = 0; presses < mostPresses; presses += 1) {
      if (await isSo()) return;
      await page.keyboard.press(key);
      await drawn();
    }
    throw new Error(`${key} does not get there`);
  };
  const box = page.locator('.quick-input-widget:visible .quick-input-box input');
  const boxWithFocus = page.locator('.quick-input-widget:visible .quick-input-box input:focus');
  const chosen = page.locator('.quick-input-widget:visible .monaco-list-row.focused');
  /** What a screen reader says of a row; nothing of one that is drawn anew just then. */
  const labelOf = (row: Locator): Promise<string> =>
    row.evaluateAll(([first]) => first?.getAttribute('aria-label') ?? '');
  /** What a screen reader says of what has the focus. */
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.getAttribute('title') ?? element?.textContent ?? '';
    });
  /** Resolves with whether the palette went, with what was typed into it, before something else took the focus from it. */
  const went = async (typed: string): Promise<boolean> => {
    const handle = await page.waitForFunction((text) => {
      const boxes = document.querySelectorAll<HTMLInputElement>('.quick-input-widget .quick-input-box input');
      const open = [...boxes].find((one) => one.checkVisibility() && one.value === text);
      if (open === undefined) return 'went';
      return document.activeElement === open ? null : 'stays';
    }, typed);
    return (await handle.jsonValue()) === 'went';
  };
  const palette = async (title: string): Promise<void> => {
    const named = (label: string): boolean => label === title || label.startsWith(`${title}, `);
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    // A workbench that is still starting swallows the first keys, and lists only what it knew when the palette opened. What has just
    // opened may take the focus away, before the text is typed or after.
    for (let attempt = 0; attempt < 2 * mostAttempts; attempt += 1) {
      await press('F1');
      if (!(await comes(boxWithFocus))) {
        await press('Escape');
        continue;
      }
      await page.keyboard.insertText(title);
      if ((await box.inputValue()) === `>${title}` && (await comes(row))) {
        await until('ArrowDown', async () => named(await labelOf(chosen)));
        await press('Enter');
        if (await went(`>${title}`)) return;
      }
      await press('Escape');
    }
    throw new Error(`the palette does not run ${title}`);
  };
  const opened = page.locator('.monaco-menu').filter({ visible: true });
  /** Chooses from the menu that a key has opened. False: it has no such entry, or something closed it meanwhile. */
  const choose = async (item: RegExp): Promise<boolean> => {
    const entries = opened.locator('.action-item');
    if (!(await comes(opened.first())) || (await entries.filter({ hasText: item }).count()) === 0) return false;
    const entry = opened.locator('.action-item.focused');
    let isOpen = true;
    await until('ArrowDown', async () => {
      isOpen = (await opened.count()) > 0;
      return !isOpen || item.test(await entry.evaluateAll(([first]) => first?.textContent ?? ''));
    });
    if (isOpen) await press('Enter');
    return isOpen;
  };
  const clear = (): Promise<void> =>
    until('Escape', async () => (await page.locator(over).filter({ visible: true }).count()) === 0);
  /** Focuses what a view lists. */
  const focusOn = async (view: string): Promise<Locator> => {
    const pane = page.locator('.pane', { has: page.locator('.pane-header', { hasText: view }) });
    await palette(`Longhaul: Focus on ${view} View`);
    await pane.locator('.monaco-list:focus').waitFor();
    return pane;
  };
  const goTo = (name: RegExp, key = 'Tab'): Promise<void> => until(key, async () => name.test(await focused()));
  const rowOf = async (list: Locator, text: RegExp): Promise<void> => {
    const row = list.locator('.monaco-list-row.focused');
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      await press('Home');
      await drawn();
      for (let before = ''; ;) {
        const label = await labelOf(row);
        if (text.test(label)) return;
        // The last row.
        if (label === before && label !== '') break;
        before = label;
        await press('ArrowDown');
        await drawn();
      }
    }
    throw new Error(`there is no row ${String(text)}`);
  };
  return {
    press,
    clear,
    type: (text) => page.keyboard.insertText(text),
    palette,
    pick: async (asked, text = '') => {
      await page.locator('.quick-input-widget:visible').filter({ hasText: asked }).waitFor();
      await boxWithFocus.waitFor();
      await page.keyboard.insertText(text);
      await expect.poll(() => labelOf(chosen)).toContain(text);
      await press('Enter');
    },
    row: async (view, text) => rowOf(await focusOn(view), text),
    rowOf,
    menu: async (item) => {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        await press('Shift+F10');
        if (await choose(item)) return;
        await clear();
      }
      throw new Error(`the menu has no ${String(item)}`);
    },
    goTo,
    answer: async (text, button) => {
      await page.locator('.monaco-dialog-box').filter({ hasText: text }).waitFor();
      await goTo(button);
      await press('Enter');
    },
    title: async (view, item) => {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const bar = (await focusOn(view)).locator('.pane-header .monaco-action-bar :focus');
        // The actions of a view come before what it shows.
        await until('Shift+Tab', async () => (await bar.count()) > 0);
        await press('Home');
        await until('ArrowRight', async () => item.test(await focused()) || /More Actions/.test(await focused()));
        const isThere = item.test(await focused());
        await press('Enter');
        if (isThere || (await choose(item))) return;
        await clear();
      }
      throw new Error(`the title of ${view} has no ${String(item)}`);
    },
    until,
    mice: () => page.evaluate(() => (globalThis as { mice?: number }).mice ?? 0),
  };
};
