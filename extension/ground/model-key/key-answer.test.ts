import { expect, test } from 'vitest';
import type { Check } from '../connection/examine.ts';
import { keyAnswer } from './key-answer.ts';

const model = (outcome: Check['outcome'], detail: string): readonly Check[] => [
  { name: 'sandbox', outcome: 'fail', detail: 'no bubblewrap', remedy: '' },
  { name: 'model', outcome, detail, remedy: 'Set OPENAI_API_KEY to a key that is valid there.' },
];

test.each([
  [model('ok', 'm1 at http://x/v1'), false, 'The key works: m1 at http://x/v1.'],
  [model('warn', 'm2: not in its list'), false, 'The endpoint was asked with the key: m2: not in its list.'],
  [model('fail', 'm1: the key was refused (401)'), true, 'm1: the key was refused (401).'],
])('what the endpoint said is said: %#', (checks, refused, text) => {
  expect(keyAnswer(checks)).toEqual({ refused, text });
});

test('that nothing was asked, because of settings, is said too', () => {
  expect(
    keyAnswer([{ name: 'settings', outcome: 'fail', detail: 'model: expected an object', remedy: '' }]),
  ).toMatchObject({
    refused: false,
    text: expect.stringContaining('could not be tried'),
  });
});
