import { expect, test } from 'vitest';
import { fenced } from '../../ground/text/fenced.ts';
import { DelegateToolInput, ResultToolInput, StatusToolInput } from './tool-inputs.ts';

test('a goal cannot break out of its fence', () => {
  expect(fenced('a\n```\n[click](command:x)', 'text')).toBe('````text\na\n```\n[click](command:x)\n````');
});

test('a tool call without a goal is none', () => {
  expect(DelegateToolInput.safeParse({ goal: '  ' }).success).toBe(false);
  expect(DelegateToolInput.parse({ goal: ' Fix it ', verification: 'npm test' })).toEqual({
    goal: 'Fix it',
    verification: 'npm test',
  });
});

test('a run is named by its number, however a model writes it', () => {
  expect([3, '3', ' #3 '].map((run) => ResultToolInput.parse({ run }).run)).toEqual([3, 3, 3]);
  expect(['', 'latest', 0, -1, 1.5, null].filter((run) => ResultToolInput.safeParse({ run }).success)).toEqual([]);
  expect(StatusToolInput.parse({})).toEqual({});
});
