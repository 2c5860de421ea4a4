import { expect, test } from 'vitest';
import type { Check } from '../connection/examine.ts';
import { failing, failingText } from './failing.ts';

const check = (name: string, outcome: Check['outcome']): Check => ({ name, outcome, detail: 'd', remedy: 'Do it.' });

test('what failed is in the way, and what is only worth a look is not', () => {
  const sandbox = check('sandbox', 'fail');
  const model = check('model', 'fail');
  expect(failing([check('git', 'ok'), check('toolchains', 'warn'), sandbox, model], { key: true })).toEqual([
    sandbox,
    model,
  ]);
  expect(failing([check('settings', 'warn'), sandbox, model], { key: true })).toEqual([sandbox]);
  expect(failing([check('settings', 'warn'), model], { key: false })).toEqual([model]);
  expect(failingText([sandbox, model])).toBe('sandbox: d. Do it.\n\nmodel: d. Do it.');
});
