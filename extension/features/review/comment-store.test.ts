import { expect, test } from 'vitest';
import { openComments, type StoredThread } from './comment-store.ts';

const thread = (path: string, line: number | null, rest: Partial<StoredThread> = {}): StoredThread => ({
  uri: `longhaul-review://run_abcd/${path}`,
  path,
  line,
  texts: ['Why?'],
  before: null,
  open: true,
  ...rest,
});

test('open comments go to the agent with their lines from 1, in the order of the files; what was sent or resolved does not', () => {
  const threads = [
    thread('b', 4),
    thread('a', 9, { texts: ['One.', 'And another.'] }),
    thread('a', 0, { open: false }),
    thread('a', null),
    thread('c', 6, { before: '  let sum = 0;' }),
  ];
  expect(openComments(threads)).toEqual([
    { path: 'a', line: null, text: 'Why?' },
    { path: 'a', line: 10, text: 'One.\n\nAnd another.' },
    { path: 'b', line: 5, text: 'Why?' },
    { path: 'c', line: null, text: 'On line 7 as it was before, `let sum = 0;`:\nWhy?' },
  ]);
});
