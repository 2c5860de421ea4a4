import { beforeAll, expect, test } from 'vitest';
import { runInHost, suiteMs } from './inhost-run.ts';
import { figureNames, type FigureName, names, type Report } from './inhost/names.ts';
import { p50 } from '../bench/statistics.ts';

/** One test of the suite alone, while it is worked on. */
const named = process.env['LONGHAUL_TEST_NAME'] ?? '';

let report: Report = {};

beforeAll(async () => {
  report = await runInHost(named);
  for (const [name, { ms, figures }] of Object.entries(report)) {
    console.log(`${Math.round(ms)} ms  ${name}`);
    // safe: the keys of a record of figures
    for (const [figure, taken] of Object.entries(figures) as [FigureName, readonly number[]][])
      console.log(
        `         ${figureNames[figure]}: ${Math.round(p50(taken))} ms${taken.length > 1 ? ` (p50 of ${taken.length})` : ''}`,
      );
  }
}, suiteMs);

test.each(names.filter((name) => name.includes(named)))('%s', (name) => {
  expect(report[name]?.failure, `${name}: it ended with this`).toBeNull();
});
