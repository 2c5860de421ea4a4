import { expect, test } from 'vitest';
import { fenced } from '../../ground/text/fenced.ts';
import { DelegateToolInput } from './goal.ts';

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
