import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Axe from 'axe-core';
import type { Frame, Page } from 'playwright-core';
import { palette, webview } from './steps.ts';
import { output } from './workbench.ts';

/** A theme's name in lists, the class of a window that is drawn in it, and the class of a page. */
export const themes = [
  { theme: 'Dark Modern', window: 'vscode-theme-defaults-themes-dark_modern-json', kind: 'vscode-dark' },
  { theme: 'Light Modern', window: 'vscode-theme-defaults-themes-light_modern-json', kind: 'vscode-light' },
  { theme: 'Dark High Contrast', window: 'vscode-theme-defaults-themes-hc_black-json', kind: 'vscode-high-contrast' },
  {
    theme: 'Light High Contrast',
    window: 'vscode-theme-defaults-themes-hc_light-json',
    kind: 'vscode-high-contrast-light',
  },
] as const;

/** Has the window drawn in a theme, and waits until it is. */
export const drawIn = async (page: Page, { theme, window }: (typeof themes)[number]): Promise<void> => {
  await palette(page, 'Preferences: Color Theme');
  // By what it asks: which themes are in sight depends on the one that is chosen.
  await page.locator('.quick-input-widget:visible input[placeholder^="Select Color Theme"]').fill(theme);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: theme }).first().click();
  await page.locator(`.monaco-workbench.${window}`).waitFor();
};

/** Draws the side bar this wide, px. */
export const widen = async (page: Page, width: number): Promise<void> => {
  const bar = page.locator('.part.sidebar');
  const box = await bar.boundingBox();
  if (box === null) throw new Error('the side bar is hidden');
  const [edge, middle] = [box.x + box.width, box.y + box.height / 2];
  await page.mouse.move(edge, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + width, middle, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(box.x + 700, 2);
};

/** What axe-core says of a page of ours, with all that can be unfolded unfolded: a line for each element that breaks a rule. */
export const violations = async (page: Page): Promise<readonly string[]> => {
  const folded = webview(page).locator('details:not([open]) > summary');
  while ((await folded.count()) > 0) await folded.first().click();
  const frame = await frameOf(page);
  await frame.evaluate(await axe);
  return frame.evaluate(async () => {
    // safe: what was just evaluated defines it
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    const { violations: found } = await axe.run(document);
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}\n${failureSummary ?? ''}`),
    );
  });
};

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const frameOf = async (page: Page): Promise<Frame> => {
  const body = await webview(page).locator('body').elementHandle();
  const frame = await body?.ownerFrame();
  if (frame === null || frame === undefined) throw new Error('no page of ours is in front');
  return frame;
};

/** A picture, by the theme and by what it shows. */
export interface Tile {
  readonly theme: string;
  readonly name: string;
  readonly png: Buffer;
}

/** Puts pictures on one sheet, a row for each theme, for a person to look at. */
export const contactSheet = async (page: Page, tiles: readonly Tile[], file: string): Promise<void> => {
  const rows = Map.groupBy(tiles, ({ theme }) => theme);
  const figure = ({ name, png }: Tile): string =>
    `<figure><figcaption>${name}</figcaption><img src="data:image/png;base64,${png.toString('base64')}"></figure>`;
  const row = ([theme, own]: readonly [string, readonly Tile[]]): string =>
    `<h2>${theme}</h2><div>${own.map(figure).join('')}</div>`;
  await page.setContent(
    `<style>body{font:14px sans-serif;margin:16px;background:#888}div{display:flex;gap:12px}figure{margin:0}img{display:block;height:700px}</style>${[...rows].map(row).join('')}`,
  );
  await page.screenshot({ path: path.join(output, `${file}.png`), fullPage: true });
};
