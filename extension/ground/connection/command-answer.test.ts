import { expect, test } from 'vitest';
import { ConnectionError } from '../problem/connection-error.ts';
import { answerOf } from './command-answer.ts';

test('what a command printed is its answer', () => {
  expect(answerOf('{"run":{"id":"run_aaaa"}}\n')).toEqual({ run: { id: 'run_aaaa' } });
});

test('a command that failed says why, with its remedy', () => {
  const printed = '{"error":{"code":"invalid","message":"It is no repository.","remedy":"Name one."}}';
  expect(() => answerOf(printed)).toThrow(new ConnectionError('refused', 'It is no repository.', 'Name one.'));
});

test.each(['', '{"run":', 'Killed'])(
  'a command that was ended half-way (%j) is no success and no riddle',
  (printed) => {
    expect(() => answerOf(printed)).toThrow('ended without an answer');
  },
);
