import { expect, test } from 'vitest';
import { Trouble } from '../../shared/trouble.ts';
import { bodyGiven, given } from './publish-options.ts';

const troubleOf = (act: () => unknown): readonly [string, string] | null => {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    expect(error.code).toBe('usage');
    return [error.message, error.remedy];
  }
};

test.each<[Parameters<typeof given>[0], string, string, string]>([
  ['branch', 'my fix', '--branch is "my fix": expected the name of a branch or a tag.', '--branch fix/parser'],
  ['branch', 'refs/heads/x', '--branch is "refs/heads/x": expected the short name of a branch, such', '--branch fix/'],
  ['into', 'a..b', '--into is "a..b": expected the name of a branch or a tag.', '--into main'],
  ['remote', 'shop', '--remote is "shop": expected a URL such as https://', '--remote https://'],
  ['title', ' ', '--title is "": expected a title.', '--title "Mend the parser"'],
  ['title', 'x'.repeat(251), `--title is "${'x'.repeat(100)}": expected up to 250 characters.`, '--title "Mend'],
  ['title', 'a\nb', '--title is "a b": expected one line, without control characters.', '--title "Mend'],
])('--%s %j says what is wrong with it, and one that is good', (...[option, text, message, such]) => {
  expect(troubleOf(() => given(option, text))).toEqual([
    expect.stringContaining(message),
    expect.stringContaining(`Such as: ${such}`),
  ]);
});

test('what is good is taken as it is, and what is not given is nothing', () => {
  expect([given('branch', 'fix/parser'), given('title', ' Mend '), given('into', undefined)]).toEqual([
    'fix/parser',
    'Mend',
    null,
  ]);
  expect(bodyGiven('# What\n\nDone.', 'body.md')).toBe('# What\n\nDone.');
});

test.each([
  ['x'.repeat(65_001), 'expected up to 65,000 characters'],
  ['a\u001b[2Jb', 'it has control characters'],
])('a text that cannot be published names its file', (text, why) => {
  expect(troubleOf(() => bodyGiven(text, 'body.md'))).toEqual([
    expect.stringMatching(new RegExp(`^The text in body\\.md \\(--body\\) cannot be published: ${why}`)),
    expect.stringContaining('leave --body out'),
  ]);
});
