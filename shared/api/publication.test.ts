import { expect, test } from 'vitest';
import { PublishInput } from './publication.ts';

const input = {
  run: 'run_aaaa',
  round: 1,
  patch: 'a'.repeat(64),
  remote: 'https://github.com/acme/shop',
  branch: 'fix',
  message: 'Mend\n\nCo-authored-by: Ada <ada@example.org>',
  pullRequest: { into: 'main', title: 'Mend', body: 'It\tadds.\r\n', draft: true },
};

test('texts of several lines are taken as they are', () => {
  expect(PublishInput.parse(input)).toMatchObject({ message: input.message, pullRequest: { body: 'It\tadds.\r\n' } });
});

test.each([
  ['title', 'Mend\u001b]0;closes #1\u0007 it'],
  ['title', 'Mend\nit'],
  ['body', 'It\u001b]0;closes #1\u0007 adds.'],
  ['comment', 'Round 2\u009d0;x\u009c'],
])('a %s in which something would not be shown is not published', (field, text) => {
  const pullRequest = { ...input.pullRequest, [field]: text };
  expect(PublishInput.safeParse({ ...input, pullRequest }).error?.issues[0]?.message).toContain('control characters');
});
