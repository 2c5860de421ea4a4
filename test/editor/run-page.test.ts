import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitIn } from '../harness/repository.ts';
import { drawIn, themes, violations } from './looks.ts';
import type { Gate } from './model.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
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

/** What a model says and a command prints, as a person reads it; and how a page stays with its reader. */

const goal = '[says] Write the README anew';

const asksForReadme = `verification: []
policy:
  rules:
    - id: readme
      verdict: ask
      reason: The README is for everybody.
      tool: [write]
      path: README.md
      examples:
        matches: [{ tool: write, path: README.md }]
        not: [{ tool: write, path: src/a.js }]
`;

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;
let gates: readonly Gate[];

beforeAll(async () => {
  place = things.use(await Place.make());
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), asksForReadme);
  gitIn(place.repository, 'commit', '-qam', 'Ask about the README');
  workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: place.env,
      // In a folder that is trusted VS Code opens links unasked, unless it is told to ask.
      settings: { 'workbench.trustedDomains.promptInTrustedWorkspace': true },
    }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

/** The page in front, in each theme: a picture, and nothing that axe has against it. */
const inAllThemes = async (name: string, show: () => Promise<unknown>): Promise<void> => {
  for (const theme of themes.toReversed()) {
    await drawIn(page, theme);
    await show();
    await picture(page, `${name}, ${theme.theme}`);
    expect.soft(await violations(page), theme.theme).toEqual([]);
  }
};

const shown = () => webview(page);

test('what a model says is formatted, and does nothing', async () => {
  gates = [1, 8, 14].map((turn) => place.model.hold(goal, turn));
  await delegateFrom(page, ['README.md'], goal);
  await notification(page, 'Delegated as run 1').getByRole('button', { name: 'Open Run' }).click();
  await gates[0]?.reached;
  const prose = shown().locator('#section-timeline .prose').first();
  await prose.locator('strong', { hasText: 'look' }).waitFor();
  await prose.getByText('a picture (https://pictures.host.test/spy.png)').waitFor();
  await prose.getByText('or this (javascript:alert(1))').waitFor();
  expect(await prose.locator('table td').allTextContents()).toEqual(['1', '2']);
  expect(await shown().locator('#page').locator('img, script, iframe, object').count()).toBe(0);
  const links = shown().locator('.prose a');
  expect(
    await links.evaluateAll((all) => all.map((link) => ['href', 'title'].map((name) => link.getAttribute(name)))),
  ).toEqual([['https://docs.host.test/cart', 'https://docs.host.test/cart']]);
  expect(await page.title()).not.toContain('owned');
  await links.first().click();
  const question = dialog(page, 'docs.host.test');
  await question.waitFor();
  await picture(page, '61 a link is asked about');
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'hidden' });
});

test('an output has its colours, is folded, and opens whole in an editor', async () => {
  const row = shown().locator('#section-timeline details.entry').filter({ hasText: 'bash printf' }).first();
  await row.locator('summary').first().click();
  await row.locator('.ansi-red.ansi-bold', { hasText: 'RED' }).waitFor();
  await row.locator('.ansi-green.ansi-frame', { hasText: 'PASS' }).waitFor();
  await row.locator('.ansi-yellow', { hasText: 'the last' }).waitFor();
  const fold = row.locator('.left summary', { hasText: /^1\d\d lines left out$/ });
  await fold.click();
  await row.locator('.left pre').waitFor();
  expect(await row.locator('.left pre').textContent()).toContain('\n100\n');
  await inAllThemes('62 what a model says and a command prints', () => fold.scrollIntoViewIfNeeded());
  await row.getByRole('button', { name: 'Open in Editor: Output' }).click();
  await page.locator('.tab.active', { hasText: 'call 1 output.log' }).waitFor();
  await page.locator('.view-line', { hasText: 'RED PASS blue' }).waitFor();
  await picture(page, '63 an output in an editor');
});

test('a file that is asked about is shown as a file, and as a diff, and its content is edited as such', async () => {
  gates[0]?.open();
  await place.settled(({ status }) => status === 'waiting');
  await openActivity(page, /^Longhaul/);
  await treeItem(page, /^Decision: .*README\.md/)
    .first()
    .click();
  await page.locator('.tab.active', { hasText: 'A decision for you' }).waitFor();
  const ask = shown().locator('#section-ask');
  await ask.getByText('README.md, which is there: what changes').waitFor();
  await ask.locator('.patch-added', { hasText: '+Sums a cart.' }).waitFor();
  const exact = ask.locator('details.code');
  expect(await exact.evaluate((details) => details.hasAttribute('open'))).toBe(false);
  await inAllThemes('64 a file that is asked about', () => ask.scrollIntoViewIfNeeded());
  // What axe looked at was unfolded for it.
  await exact.getByText('  | Sums a cart.').waitFor();
  await ask.getByRole('button', { name: 'Open Diff in Editor' }).click();
  await page.locator('.tab.active', { hasText: 'README.md (asked for)' }).waitFor();
  await page.locator('.monaco-diff-editor .line-insert').first().waitFor();
  await picture(page, '65 a file that is asked about, as a diff');
  await page.getByRole('tab', { name: 'A decision for you' }).click();
  await ask.getByRole('button', { name: 'Edit and Approve…' }).click();
  await lens(page, 'Approve with This Content').getByText('"path": "README.md"').waitFor();
  await page.locator('.view-line', { hasText: 'Sums a cart.' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText('And no more.\n');
  await picture(page, '66 the content of a file, edited before it is approved');
  await lens(page, 'Approve with This Content').locator('a').first().click();
  await gates[1]?.reached;
  const api = await place.api();
  const { id } = await place.settled(() => true);
  const events = await api.runs.events.query({ run: id });
  expect(events.flatMap(({ body }) => (body.type === 'decision.made' ? [body.verdict] : []))).toEqual([
    {
      kind: 'approved',
      arguments: { path: 'README.md', content: '# Corner shop\n\nSums a cart.\nAnd no more.\n' },
    },
  ]);
});

const step = (number: number) => shown().locator('.prose', { hasText: `Step ${number} of twelve` });
const scrolled = () =>
  shown()
    .locator('html')
    .evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({
      top: scrollTop,
      fromEnd: scrollHeight - clientHeight - scrollTop,
    }));
const scrollTo = (top: number) =>
  shown()
    .locator('html')
    .evaluate((html, to) => html.scrollTo(0, to), top);

test('the page follows its end while the reader is there, and stays where they read otherwise', async () => {
  await page.getByRole('tab', { name: /^#1 (?!A decision)/ }).click();
  await step(6).waitFor();
  await scrollTo(1_000_000);
  await expect.poll(async () => (await scrolled()).fromEnd).toBeLessThan(2);
  gates[1]?.open();
  await gates[2]?.reached;
  await step(12).waitFor();
  await expect.poll(async () => (await scrolled()).fromEnd).toBeLessThan(2);
  const newest = shown().getByRole('button', { name: 'Newest' });
  expect(await newest.isVisible()).toBe(false);
  await step(2).scrollIntoViewIfNeeded();
  await scrollTo(700);
  gates[2]?.open();
  await place.settled(({ status }) => status === 'reviewing');
  await newest.waitFor();
  expect((await scrolled()).fromEnd).toBeGreaterThan(300);
  await picture(page, '67 something newer than what is read');
});

test('what was read and opened is there again once the tab is shown again, and after a restart', async () => {
  const contents = shown().locator('details.contents');
  await contents.locator('summary').focus();
  await page.keyboard.press('Enter');
  await shown()
    .getByRole('navigation', { name: 'Turns' })
    .getByRole('link', { name: /^Turn 9:/ })
    .focus();
  await page.keyboard.press('Enter');
  const row = shown().locator('#section-timeline .entry').filter({ hasText: 'Turn 9' });
  await expect.poll(() => row.evaluate((node) => node === document.activeElement)).toBe(true);
  const call = shown().locator('#section-timeline details.entry').filter({ hasText: 'echo step 8' });
  await call.locator('summary').click();
  await call.getByText('step 8\n').first().waitFor();
  const isInSight = async () => {
    const box = await call.locator('summary').evaluate((node) => node.getBoundingClientRect().top);
    return box > 0 && box < 900;
  };
  await expect.poll(isInSight).toBe(true);
  await picture(page, '68 the turns of a run');
  // Hidden, and made anew when it is shown again.
  await page.getByRole('tab', { name: 'A decision for you' }).click();
  await shown().getByRole('heading', { name: 'What is asked' }).waitFor();
  await page.getByRole('tab', { name: /^#1 (?!A decision)/ }).click();
  await call.getByText('step 8\n').first().waitFor();
  await expect.poll(isInSight).toBe(true);
  expect(await contents.evaluate((details) => details.hasAttribute('open'))).toBe(true);
  // Not by the browser: a window that is reloaded as a person does it has saved what it keeps.
  const loaded = page.waitForEvent('load');
  await palette(page, 'Developer: Reload Window');
  await loaded;
  await page.getByRole('tab', { name: /^#1 (?!A decision)/ }).click();
  await call.getByText('step 8\n').first().waitFor();
  await expect.poll(isInSight).toBe(true);
});

test('a page of a review has its verbs, and is searched', async () => {
  await scrollTo(0);
  const verbs = shown().locator('#section-top button');
  await verbs.getByText('Accept', { exact: true }).waitFor();
  expect(await verbs.allTextContents()).toEqual([
    'Open Diff',
    'Accept',
    'Request Changes…',
    'Apply…',
    'Create Branch…',
    "Open Run's Tree…",
    'Discard…',
  ]);
  await inAllThemes('69 the page of a review', () => scrollTo(0));
  await shown().locator('h1').click();
  await page.keyboard.press('Control+F');
  await page.locator('.simple-find-part.visible input').fill('twelve');
  await picture(page, '70 searched within a page');
});
