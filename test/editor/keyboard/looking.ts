import { expect } from 'vitest';
import { notification, quickStep, treeItem, webview } from '../steps.ts';
import { pageInFront, tab, type Ways } from './hands.ts';

/** What a person sets, looks up, and looks at. */
export const looking: Ways = {
  'longhaul.showLog': async ({ call, page }) => {
    await call('longhaul.showLog');
    await page.getByRole('tab', { name: /^Output/, selected: true }).waitFor();
  },
  'longhaul.openRunnerLog': async ({ call, page }) => {
    await call('longhaul.openRunnerLog');
    await tab(page, /^runner\.log/);
  },
  'longhaul.doctor': async ({ call, page }) => {
    await call('longhaul.doctor');
    await quickStep(page, 'Longhaul: Doctor');
  },
  'longhaul.reconnect': async ({ call, page }) => {
    await call('longhaul.reconnect');
    await treeItem(page, /Take me/)
      .first()
      .waitFor();
  },
  'longhaul.setRunnerToken': async ({ call, page }) => {
    await call('longhaul.setRunnerToken');
    await notification(page, 'needs no token').waitFor();
  },
  'longhaul.notificationSettings': async ({ call, page }) => {
    await call('longhaul.notificationSettings');
    await page.getByText('Say once when a run needs you').first().waitFor();
  },
  'longhaul.openWalkthrough': async ({ call, page }) => {
    await call('longhaul.openWalkthrough');
    await page.getByText('Get Started with Longhaul').first().waitFor();
  },
  'longhaul.focusNeedsYou': async ({ call, page }) => {
    await call('longhaul.focusNeedsYou');
    await page.locator('.pane', { hasText: 'Needs You' }).locator(':focus').first().waitFor();
  },
  'longhaul.whatNeedsMe': async ({ call, keys, page }) => {
    await call('longhaul.whatNeedsMe');
    await keys.pick('Longhaul: What Needs Me', 'Take me');
    await page.locator('.multiDiffEditor :focus').first().waitFor({ state: 'attached' });
  },
  'longhaul.history': async ({ call, page }) => {
    await call('longhaul.history');
    await webview(page).getByText('Failures by class').first().waitFor();
    await pageInFront(page);
  },
  'longhaul.exportHistory': async ({ call, keys, page }) => {
    await call('longhaul.exportHistory');
    await keys.pick('Export the history of all runs as');
    await quickStep(page, /Export \d+ runs/);
  },
  'longhaul.openRun': async ({ call, keys, page }) => {
    await call('longhaul.openRun');
    await keys.pick('Longhaul: Open Run', 'Take me');
    await webview(page)
      .getByRole('heading', { name: /Take me/ })
      .first()
      .waitFor();
    await pageInFront(page);
  },
  'longhaul.openTree': async ({ call, keys, page }) => {
    await call('longhaul.openTree');
    await keys.pick('Longhaul: Tree of Which Run?', 'Take me');
    await keys.pick('Longhaul: Tree of #', 'README.md');
    await tab(page, /^README\.md/);
  },
  'longhaul.openShell': async ({ call, keys, page }) => {
    await call('longhaul.openShell');
    await keys.pick('Longhaul: Sandbox of Which Run?', 'Take me');
    const shown = page.locator('.terminal-wrapper.active .xterm-rows');
    await shown.filter({ hasText: 'sandbox:/workspace$' }).waitFor();
    await page.keyboard.type('exit\n');
    await shown.waitFor({ state: 'hidden' });
  },
  'longhaul.copyRunId': async ({ keys, page, run }) => {
    await keys.row('Runs', /^Run \d+, .*Take me/);
    await keys.menu(/^Copy Run Id/);
    const { id } = await run('[line] Take me');
    await page.context().grantPermissions(['clipboard-read']);
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(id);
  },
  'longhaul.groupRuns': async ({ call, keys, page }) => {
    await call('longhaul.groupRuns');
    await keys.pick('Longhaul: Group Runs By', 'Recipe');
    await treeItem(page, /^No Recipe/)
      .first()
      .waitFor();
    await call('longhaul.groupRuns');
    await keys.pick('Longhaul: Group Runs By', 'State');
  },
  'longhaul.filterRuns': async ({ call, keys, page }) => {
    await call('longhaul.filterRuns');
    await quickStep(page, 'Longhaul: Show Only These Runs');
    await keys.type('In Review');
    await keys.press('ArrowDown', 'Space', 'Enter');
    await page.getByText('Clear Filter').first().waitFor();
  },
  'longhaul.clearRunFilter': async ({ call, page }) => {
    await call('longhaul.clearRunFilter');
    await page.getByText('Clear Filter').first().waitFor({ state: 'hidden' });
  },
  'longhaul.markSeen': async ({ keys, page, place }) => {
    await place.delegate('[nothing] See me');
    await treeItem(page, /^Not seen yet: .*See me/).waitFor();
    await keys.row('Needs You', /^Not seen yet: .*See me/);
    await keys.menu(/^Mark as Seen/);
    await treeItem(page, /^Not seen yet: .*See me/).waitFor({ state: 'hidden' });
  },
  'longhaul.markAllSeen': async ({ call, page, place }) => {
    await place.delegate('[nothing] See all');
    await treeItem(page, /^Not seen yet: .*See all/).waitFor();
    await call('longhaul.markAllSeen');
    await treeItem(page, /^Not seen yet: /).waitFor({ state: 'hidden' });
  },
};

/** Set last: the runner starts anew. */
export const settingUp: Ways = {
  'longhaul.setModelKey': async ({ call, keys, page, place }) => {
    await call('longhaul.setModelKey');
    await quickStep(page, 'Longhaul: Model Key');
    await keys.type(place.env['OPENAI_API_KEY'] ?? '');
    await keys.press('Enter');
    await notification(page, 'The key works').waitFor();
  },
  'longhaul.restartRunner': async ({ call, place }) => {
    const pid = async (): Promise<number | undefined> =>
      place.api().then(
        async (api) => (await api.runner.info.query()).place?.pid,
        () => undefined,
      );
    const before = await pid();
    await call('longhaul.restartRunner');
    await expect.poll(async () => ![undefined, before].includes(await pid())).toBe(true);
  },
};
