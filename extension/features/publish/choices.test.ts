import { expect, test } from 'vitest';
import type { PublishInput } from '../../../shared/api/publication.ts';
import { chosenOf, coAuthorsOf, goesOn, nothingSaid, toggled, type Part } from './choices.ts';

const check = { title: 'All pass', summary: '', conclusion: 'success', annotations: [] } as const;
const proposed: PublishInput = {
  run: 'run_test1',
  round: 2,
  patch: 'a'.repeat(64),
  remote: 'https://github.com/acme/shop',
  branch: 'longhaul/1-mend',
  message: 'Mend\n\nCo-authored-by: Ada <ada@example.org>',
  secrets: [],
  anySecrets: false,
  pullRequest: {
    into: 'main',
    title: 'Mend',
    body: 'It is mended.',
    draft: true,
    ciRepairs: 0,
    comment: 'Round 2 mends more.',
    replies: [{ to: 7, text: 'It is.', resolve: false }],
    check: { ...check, annotations: [] },
  },
};
const elsewhere = { ...proposed, branch: 'other' };

test('what nothing was said of is as it is proposed', () => {
  expect(chosenOf(proposed, nothingSaid)).toEqual(proposed);
});

test.each<readonly [Part, Partial<PublishInput>]>([
  ['co-author', { message: 'Mend' }],
  ['comment', { pullRequest: proposed.pullRequest && { ...proposed.pullRequest, comment: null } }],
  ['answers', { pullRequest: proposed.pullRequest && { ...proposed.pullRequest, replies: [] } }],
  ['check', { pullRequest: proposed.pullRequest && { ...proposed.pullRequest, check: null } }],
])('%s is left out of each new proposal, and put back as it was', (part, without) => {
  const out = toggled(nothingSaid, part);
  expect(chosenOf(proposed, out)).toEqual({ ...proposed, ...without });
  expect(chosenOf(elsewhere, out)).toEqual({ ...elsewhere, ...without });
  expect(toggled(out, part)).toEqual(nothingSaid);
});

test('a comment that is not there on another branch is there again on the one where it was', () => {
  const alone = { ...elsewhere, pullRequest: elsewhere.pullRequest && { ...elsewhere.pullRequest, comment: null } };
  const choices = { ...nothingSaid, title: 'Mend it' };
  expect(chosenOf(alone, choices).pullRequest?.comment).toBeNull();
  expect(chosenOf(proposed, choices).pullRequest).toMatchObject({ title: 'Mend it', comment: 'Round 2 mends more.' });
});

test('title, draft, failing checks and threads are as they were said, on every proposal', () => {
  const choices = { ...nothingSaid, title: 'Mend it', draft: false, ciRepairs: 2, resolve: true };
  const said = { title: 'Mend it', draft: false, ciRepairs: 2, replies: [{ to: 7, text: 'It is.', resolve: true }] };
  expect(chosenOf(elsewhere, choices)).toEqual({
    ...elsewhere,
    pullRequest: elsewhere.pullRequest && { ...elsewhere.pullRequest, ...said },
  });
});

test('a commit has co-authors below its first line, or none', () => {
  expect(coAuthorsOf(proposed)).toEqual(['Co-authored-by: Ada <ada@example.org>']);
  expect(coAuthorsOf({ message: 'Mend' })).toEqual([]);
});

test('it goes to the pull request that an earlier round has opened, where branch and target are the same', () => {
  const { remote, branch } = proposed;
  const opened = { kind: 'pull request', remote, branch, into: 'main', title: 'Mend', draft: true } as const;
  const effect = { ...opened, body: 'b'.repeat(64), ciRepairs: 0 };
  const there = { effects: [{ status: 'done', effect }] } as const;
  expect(goesOn(proposed, there)).toBe(true);
  expect(goesOn(elsewhere, there)).toBe(false);
  expect(goesOn(proposed, { effects: [{ status: 'failed', effect }] })).toBe(false);
  expect(goesOn(proposed, { effects: [{ status: 'done', effect: { ...effect, into: 'next' } }] })).toBe(false);
});
