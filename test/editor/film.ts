import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import gifenc from 'gifenc';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { projectRoot } from '../harness/rig.ts';
import { drawIn, themes } from './looks.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  dialog,
  explorerRow,
  lens,
  notification,
  openActivity,
  palette,
  quickStep,
  treeItem,
} from './steps.ts';
import { Workbench } from './workbench.ts';

/**
 * Makes the film of the extension's page: one task from the menu to the applied change, in the real workbench with the packed extension. Each
 * scene is what the window showed then, with a line below it. `npm run film`; look at it before you commit it.
 */
const screenshots = path.join(projectRoot, 'extension', 'media', 'screenshots');
const film = path.join(screenshots, 'story.gif');
/** The same window in the other theme. */
const light = path.join(screenshots, 'light.png');
/** px, of the window. */
const size = { width: 1060, height: 660 };
const sceneMs = 2_200;
const goal = 'Mend the failing tests';

interface Scene {
  readonly line: string;
  readonly png: Buffer;
}

const play = async (): Promise<readonly Scene[]> => {
  await using things = new AsyncDisposableStack();
  const place = things.use(await Place.make());
  const gate = place.model.hold(goal, 2);
  things.defer(() => gate.open());
  const workbench = things.use(
    await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
  );
  const page = await workbench.open(place.repository);
  await page.setViewportSize(size);
  const scenes: Scene[] = [];
  const show = async (line: string): Promise<void> => {
    await drawn(page);
    scenes.push({ line, png: await page.screenshot() });
    console.log(line);
  };
  await delegate(page, show);
  await gate.reached;
  await treeItem(page, /^Plan step 1, active/).waitFor();
  await show('It works in the background, in a sandbox. You can close the editor.');
  gate.open();
  await decide(page, show);
  await place.settled(({ status }) => status === 'reviewing');
  await judge(page, show);
  return scenes;
};

type Show = (line: string) => Promise<void>;

const delegate = async (page: Page, show: Show): Promise<void> => {
  await openActivity(page, /^Longhaul/);
  await page.getByText('Nothing needs you').waitFor();
  await openActivity(page, /^Explorer/);
  await explorerRow(page, 'src').click();
  const item = page.getByRole('menuitem', { name: /^Delegate to Background Agent/ });
  await explorerRow(page, 'cart.js').click({ button: 'right' });
  await item.hover();
  await show('Right-click what it is about: Delegate to Background Agent…');
  await page.keyboard.press('Escape');
  await chooseFromMenu(explorerRow(page, 'cart.js'), /^Delegate to Background Agent/);
  const box = await quickStep(page, '(1/2)');
  await box.fill(goal);
  await show('Say what is to be done.');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  await page
    .locator('.quick-input-list .monaco-list-row')
    .filter({ hasText: /Model.*price/ })
    .waitFor();
  await show('See what will hold: your tree as it is, checks, budget, model.');
  await page.keyboard.press('Enter');
  await openActivity(page, /^Longhaul/);
};

const decide = async (page: Page, show: Show): Promise<void> => {
  const decision = treeItem(page, /^Decision: .*receipts\/record\.js/).first();
  await decision.waitFor();
  await notification(page, 'receipts/record.js').waitFor();
  await show('What your rules hold back, it asks for. Until you answer, it waits.');
  await chooseFromMenu(decision, /^Approve/);
  await dialog(page, 'record.js').waitFor();
  await show('You see exactly what would run, and why. Approve it, edit it, or say no.');
  await dialog(page, 'record.js').getByRole('button', { name: 'Approve', exact: true }).click();
};

const judge = async (page: Page, show: Show): Promise<void> => {
  await chooseFromMenu(treeItem(page, new RegExp(`^Run 1, ${goal}, reviewing`)).first(), /^Review Result/);
  await page.locator('.multiDiffEditor').first().waitFor();
  await lens(page, 'run by node --test').first().waitFor();
  // It stands in front of what it is about.
  await palette(page, 'Notifications: Clear All Notifications');
  await notification(page, 'ready for review').waitFor({ state: 'hidden' });
  await show('The result is one diff, beside the commands that verified it.');
  await lens(page, 'Change 1 of 2: undecided').getByText('Reject', { exact: true }).click();
  await lens(page, /Change 1 of 2: .*rejected/).waitFor();
  await show('Accept and reject change by change.');
  await drawIn(page, themes[1]);
  await drawn(page);
  await writeFile(light, await page.screenshot());
  await drawIn(page, themes[0]);
  await page.locator('.editor-actions').getByRole('button', { name: 'Apply Accepted Changes' }).click();
  await dialog(page, 'undecided').waitFor();
  await show('Apply what you accepted, and nothing else…');
  await dialog(page, 'undecided').getByRole('button', { name: 'Accept the Rest and Apply' }).click();
  await notification(page, 'Undo').waitFor();
  await show('…to your working tree. Undo takes it back exactly.');
};

/** What it was asked for is on the screen, and nothing moves any more but what turns while something is at work. */
const drawn = async (page: Page): Promise<void> => {
  let before: Buffer = Buffer.alloc(0);
  for (let looks = 0; looks < 6; looks += 1) {
    await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 200)));
    const now = await page.screenshot();
    if (now.equals(before)) return;
    before = now;
  }
};

/** The picture of a scene with its line below. */
const framed = async (page: Page, { line, png }: Scene): Promise<PNG> => {
  await page.setContent(`<style>
    body { margin: 0; background: #0b3a5b; color: #fff; font: 20px "DejaVu Sans", sans-serif; width: ${size.width}px; }
    img { display: block; width: ${size.width}px; }
    p { margin: 0; padding: 11px 18px; }
  </style><img src="data:image/png;base64,${png.toString('base64')}"><p></p>`);
  await page.locator('p').evaluate((p, text) => (p.textContent = text), line);
  await page.locator('img').evaluate((image: HTMLImageElement) => image.decode());
  return PNG.sync.read(await page.locator('body').screenshot());
};

// Node finds no names in what it exports.
// oxlint-disable-next-line import/no-named-as-default-member
const { GIFEncoder, quantize, applyPalette } = gifenc;

/** One palette for all, and one place in it for what is as it was: most of the window is. */
const encode = (frames: readonly PNG[]): Uint8Array => {
  const colours = quantize(Buffer.concat(frames.map(({ data }) => data)), 255, { format: 'rgb565' });
  const unchanged = colours.length;
  const palette = [...colours, [0, 0, 0]];
  const gif = GIFEncoder();
  for (const [index, { data, width, height }] of frames.entries()) {
    const pixels = applyPalette(data, colours, 'rgb565');
    const before = frames[index - 1]?.data;
    if (before !== undefined)
      for (let at = 0; at < pixels.length; at += 1)
        if (data.readInt32LE(at * 4) === before.readInt32LE(at * 4)) pixels[at] = unchanged;
    const delay = index === frames.length - 1 ? 2 * sceneMs : sceneMs;
    const partly = before === undefined ? {} : { transparent: true, transparentIndex: unchanged };
    gif.writeFrame(pixels, width, height, { palette, delay, dispose: 1, ...partly });
  }
  gif.finish();
  return gif.bytes();
};

const scenes = await play();
const { chromium } = await import('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: size.width, height: size.height + 60 } });
const frames: PNG[] = [];
for (const scene of scenes) frames.push(await framed(page, scene));
await browser.close();
const bytes = encode(frames);
await writeFile(film, bytes);
console.log(`${path.relative(projectRoot, film)}: ${frames.length} scenes, ${Math.round(bytes.length / 1024)} KB`);
