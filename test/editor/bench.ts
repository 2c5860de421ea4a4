// The extension in a real workbench, from its package, as figures: a JSON array of the rows of `npm run bench`.
import path from 'node:path';
import type { Page } from 'playwright-core';
import { firstRows, manyRuns } from './first-row.ts';
import { runInHost } from './inhost-run.ts';
import { figureNames, type FigureName, type Report } from './inhost/names.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { palette } from './steps.ts';
import { Workbench } from './workbench.ts';
import type { Row } from '../bench/rows.ts';
import { inMs, p50 } from '../bench/statistics.ts';

/** Windows that are opened for the time that activating takes. */
const windows = 7;

/** What VS Code itself says that it took in one window, ms. */
interface Activation {
  /** From asking for the code to having run it. */
  readonly load: number;
  readonly call: number;
}

/** Read in a window that has settled: keys that are pressed while it starts take the cores from what is measured. */
const activations = async (): Promise<readonly Activation[]> => {
  await using place = await Place.make();
  await using workbench = await Workbench.start({
    folder: path.join(place.folder, 'code'),
    vsix: packedExtension(),
    env: place.env,
  });
  const all: Activation[] = [];
  for (let window = 0; window < windows; window += 1) {
    const page = await workbench.open(place.repository);
    // The branch is shown by an extension that is activated before those that wait for the end of the start.
    await page.locator('.statusbar-item', { hasText: 'main' }).first().waitFor();
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => resolve(null))));
    all.push(await activationIn(page));
    await page.close();
  }
  return all;
};

const activationIn = async (page: Page): Promise<Activation> => {
  const row = page
    .locator('.monaco-editor .view-line')
    .filter({ hasText: '|' })
    .filter({ hasText: 'longhaul.longhaul' });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await palette(page, 'Developer: Startup Performance');
    // High enough for the whole table: lines that are not in sight are not there. A window that still starts misses it.
    await page.setViewportSize({ width: 1440, height: 4800 + attempt });
    const text = await row
      .first()
      .textContent({ timeout: 10_000 })
      .catch(() => null);
    // Its columns: extension, eager, load code, call activate, …
    const [, load, call] = /\|\s*(?:true|false)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|/.exec(text ?? '') ?? [];
    if (load !== undefined && call !== undefined) return { load: Number(load), call: Number(call) };
    await palette(page, 'View: Close Editor');
  }
  throw new Error('VS Code does not say what activating the extension took.');
};

const rowOf = (report: Report, figure: FigureName, target: Row['target']): Row => {
  const taken = Object.values(report).flatMap(({ figures }) => figures[figure] ?? []);
  return {
    what: `editor: ${figureNames[figure]}`,
    value: p50(taken),
    unit: 'ms',
    target,
    note: taken.length === 1 ? '' : `p50 of ${taken.length}; slowest ${inMs(Math.max(...taken))}`,
  };
};

const opened = (what: string, taken: readonly number[], target: Row['target']): Row => ({
  what: `editor: ${manyRuns.toLocaleString('en-US')} runs: the view is opened${what}, to its first row`,
  value: p50(taken),
  unit: 'ms',
  target,
  note: `p50 of ${taken.length} windows: ${taken.map((ms) => Math.round(ms)).join(', ')}`,
});

const taken = await activations();
const listed = await firstRows();
const report = await runInHost();
const failed = Object.entries(report).find(([, { failure }]) => failure !== null);
if (failed !== undefined) throw new Error(`"${failed[0]}" failed: ${failed[1].failure}`);
const rows: readonly Row[] = [
  {
    what: 'editor: loading and activating the extension',
    value: p50(taken.map(({ load, call }) => load + call)),
    unit: 'ms',
    target: { at: 'below', value: 30 },
    note: `by VS Code's own count; p50 of ${windows} windows: ${taken.map(({ load, call }) => `${load} + ${call}`).join(', ')}`,
  },
  opened(', the first time in a window', listed.first, null),
  opened(' again', listed.again, { at: 'below', value: 200 }),
  rowOf(report, 'latency', { at: 'below', value: 50 }),
  rowOf(report, 'thousand', { at: 'below', value: 2000 }),
  rowOf(report, 'large', null),
  rowOf(report, 'restart', null),
];
process.stdout.write(`${JSON.stringify(rows)}\n`);
