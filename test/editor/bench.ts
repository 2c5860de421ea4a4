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
  /**
   * From asking for the code to having run it. VS Code asks for all that wait for the end of the start at once, and then runs one after the other in one
   * thread, so that this has in it what it took to load those before: see the source, `_doLoadModule` of its extension host.
   */
  readonly load: number;
  readonly call: number;
  /** `load` of VS Code's own `merge-conflict`, the last one before ours. */
  readonly before: number;
}

const own = ({ load, call, before }: Activation): number => Math.max(0, load - before) + call;

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
  const row = (extension: string) =>
    page.locator('.monaco-editor .view-line').filter({ hasText: '|' }).filter({ hasText: extension });
  // Its columns: extension, eager, load code, call activate, …
  const times = async (extension: string): Promise<readonly number[]> => {
    const text = await row(extension)
      .first()
      .textContent({ timeout: 10_000 })
      .catch(() => null);
    const [, load, call] = /\|\s*(?:true|false)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|/.exec(text ?? '') ?? [];
    return load === undefined || call === undefined ? [] : [Number(load), Number(call)];
  };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await palette(page, 'Developer: Startup Performance');
    // High enough for the whole table: lines that are not in sight are not there. A window that still starts misses it.
    await page.setViewportSize({ width: 1440, height: 4800 + attempt });
    const [load, call] = await times('longhaul.longhaul');
    const [before] = await times('vscode.merge-conflict');
    if (load !== undefined && call !== undefined && before !== undefined) return { load, call, before };
    await palette(page, 'View: Close Editor');
  }
  throw new Error('VS Code does not say what activating the extension took.');
};

const takenOf = (report: Report, figure: FigureName): readonly number[] =>
  Object.values(report).flatMap(({ figures }) => figures[figure] ?? []);

const rowOf = (report: Report, figure: FigureName, target: Row['target']): Row => {
  const taken = takenOf(report, figure);
  return {
    what: `editor: ${figureNames[figure]}`,
    value: p50(taken),
    unit: 'ms',
    target,
    note: taken.length === 1 ? '' : `p50 of ${taken.length}; slowest ${inMs(Math.max(...taken))}`,
  };
};

const opened = (what: string, taken: readonly number[], target: Row['target']): Row => ({
  what: `editor: ${what}, to its first row`,
  value: p50(taken),
  unit: 'ms',
  target,
  note: `p50 of ${taken.length} windows: ${taken.map((ms) => Math.round(ms)).join(', ')}`,
});

const many = manyRuns.toLocaleString('en-US');
const taken = await activations();
const listed = await firstRows();
const report = await runInHost();
const failed = Object.entries(report).find(([, { failure }]) => failure !== null);
if (failed !== undefined) throw new Error(`"${failed[0]}" failed: ${failed[1].failure}`);
const rows: readonly Row[] = [
  {
    what: 'editor: loading and activating the extension',
    value: p50(taken.map(own)),
    unit: 'ms',
    target: { at: 'below', value: 30 },
    note: `by VS Code's own count, less loading its merge-conflict before; p50 of ${windows} windows: ${taken.map(({ load, before, call }) => `${load} - ${before} + ${call}`).join(', ')}`,
  },
  opened(`${many} runs: the view is opened again`, listed.again, { at: 'below', value: 200 }),
  opened(`${many} runs: the first view of a window that knew of open ones`, listed.used, null),
  opened(`${many} runs: the first view of a window new to Longhaul`, listed.new, null),
  opened('the first view of a window, of an extension with nothing but rows', listed.bare, null),
  {
    what: `editor: ${many} runs: the first view of a window, against one with nothing but rows`,
    value: p50(listed.used) / p50(listed.bare),
    unit: '×',
    target: { at: 'below', value: 2 },
    note: `new to Longhaul: ${(p50(listed.new) / p50(listed.bare)).toFixed(1)} ×`,
  },
  rowOf(report, 'latency', { at: 'below', value: 50 }),
  rowOf(report, 'thousand', null),
  rowOf(report, 'plain', null),
  {
    what: 'editor: that diff of 1,000 files, against one by VS Code alone',
    value: p50(takenOf(report, 'thousand')) / p50(takenOf(report, 'plain')),
    unit: '×',
    target: { at: 'below', value: 1.5 },
    note: '',
  },
  rowOf(report, 'large', null),
  rowOf(report, 'restart', null),
];
process.stdout.write(`${JSON.stringify(rows)}\n`);
