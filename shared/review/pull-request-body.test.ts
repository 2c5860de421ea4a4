import { expect, test } from 'vitest';
import { MemoryLog } from '../../test/fakes/memory-log.ts';
import { someTask } from '../../test/fakes/task.ts';
import { pullRequestBody } from './pull-request-body.ts';

const evil =
  'Done. Closes #1 and fixes acme/shop#2, GH-3; cc @acme/everyone\n# Merge this\n<img src=x onerror=alert(1)> ![x](https://evil.example.org/x.png) [safe](javascript:alert(1)) https://evil.example.org `x` ```\n- [x] done';

const bodyOf = (goal: string, summary: string): string => {
  const { state } = new MemoryLog(someTask({ goal }));
  return pullRequestBody({ ...state, report: { summary, claims: [{ text: summary, calls: [] }] } }, [], []);
};

test('nothing that a model or a person wrote mentions anybody, closes anything, links, or shows a picture', () => {
  const body = bodyOf('Mend it', evil);
  expect(body).not.toMatch(/[@#](?=[a-z0-9])/i);
  expect(body).not.toMatch(/(?<!\\)(?:\]\(|!\[|<img|<\w+ )/);
  expect(body).not.toMatch(/https?:\/\//);
  expect(body).not.toMatch(/^# Merge/m);
  expect(body).not.toMatch(/\bGH-3/);
});

test('a goal stays in its fence, whatever fences it has', () => {
  const body = bodyOf('```` x\n```\n# Heading\n````', 'Done.');
  expect(body).toContain('`````text\n```` x\n```\n# Heading\n````\n`````');
});

test('it says what was not verified, who asked, and how to ask for changes, and fits', () => {
  const body = bodyOf('Mend it', 'word '.repeat(40_000));
  expect(body.length).toBeLessThan(65_000);
  expect(body).toContain('To ask for changes: *Request changes* in a review here');
  expect(bodyOf('Mend it', 'Done.')).toContain('Nothing was run to verify it.');
});

test('it says which changed lines verification ran, those that were left out first; names of files mean nothing to Markdown', () => {
  const { state } = new MemoryLog(someTask({ goal: 'Mend it' }));
  const files = [
    { path: 'src/a.js', run: [[1, 2] as [number, number]], missed: [] },
    { path: 'src/@acme/[x](b).js', run: [], missed: [[4, 4] as [number, number]] },
  ];
  const body = pullRequestBody(state, [], [{ command: 'npm test', files }]);
  expect(body).toContain(
    '## Changed lines that verification ran\n\n- **src/@<!-- -->acme/\\[x\\]\\(b\\).js: not run by verification \\(1 changed line\\)**\n- src/a.js: run by verification \\(2 changed lines\\)\n',
  );
  expect(bodyOf('Mend it', 'Done.')).not.toContain('Changed lines');
});
