// The extension in a real workbench, from its package, as figures: a JSON array of the rows of `npm run bench`.
import path from 'node:path';
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

/** What VS Code itself says that loading and activating the extension took, in each of some windows, ms. */
const activations = async (): Promise<readonly number[]> => {
  await using place = await Place.make();
  await using workbench = await Workbench.start({
    folder: path.join(place.folder, 'code'),
    vsix: packedExtension(),
    env: place.env,
  });
  const times: number[] = [];
  for (let window = 0; window < windows; window += 1) {
    const page = await workbench.open(place.repository);
    // High enough for the whole list: what is not in sight is not there.
    await page.setViewportSize({ width: 1440, height: 1800 });
    await palette(page, 'Developer: Show Running Extensions');
    const row = page.locator('.runtime-extensions-editor').getByRole('listitem', { name: 'longhaul', exact: true });
    const said = await row.locator('.activation-time').filter({ hasText: /\d+ms/ }).textContent();
    times.push(Number(/(\d+)ms/.exec(said ?? '')?.[1]));
    await page.close();
  }
  return times;
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

const loading = await activations();
const report = await runInHost();
const failed = Object.entries(report).find(([, { failure }]) => failure !== null);
if (failed !== undefined) throw new Error(`"${failed[0]}" failed: ${failed[1].failure}`);
const rows: readonly Row[] = [
  {
    what: 'editor: loading and activating the extension',
    value: p50(loading),
    unit: 'ms',
    target: { at: 'below', value: 30 },
    note: `by VS Code's own count; p50 of ${windows} windows, ${loading.join(', ')}`,
  },
  rowOf(report, 'latency', { at: 'below', value: 50 }),
  rowOf(report, 'thousand', { at: 'below', value: 2000 }),
  rowOf(report, 'large', null),
  rowOf(report, 'restart', null),
];
process.stdout.write(`${JSON.stringify(rows)}\n`);
