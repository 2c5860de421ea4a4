import { expect, test } from 'vitest';
import { titleOf } from './delegate-goal.ts';

test.each([
  ['Fix the build', 'Fix the build'],
  ['\n  Fix the build \n\nIt broke yesterday.', 'Fix the build'],
  ['x'.repeat(80), 'x'.repeat(80)],
  ['x'.repeat(81), `${'x'.repeat(79)}…`],
  [`${'word '.repeat(16)}and more`, `${'word '.repeat(14)}word…`],
])('the title of %j is %j', (goal, title) => {
  expect(titleOf(goal)).toBe(title);
});
