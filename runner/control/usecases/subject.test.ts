import { expect, test } from 'vitest';
import { openRemotes } from '../remotes/remotes.ts';
import { subjectFor } from './subject.ts';

const github = { tokenVariable: 'T', apiUrl: 'https://api.github.com', webhookSecretVariable: null };
const gitlab = { tokenVariable: 'T', readTokenVariable: null, apiUrl: null, webhookSecretVariable: null };
const plain = { username: 'x', passwordVariable: null, gitlab: null };
const remotes = openRemotes(
  [
    { match: 'https://github.com/acme/*', ...plain, github, publish: true },
    { match: 'https://github.com/other/*', ...plain, github, publish: false },
    { match: 'https://gitlab.com/*', ...plain, github: null, gitlab, publish: true },
  ],
  {},
);
const about = (named: string | null, kind: 'comment' | 'diff' = 'comment') =>
  subjectFor({ remotes }, { about: named, output: { kind } });

test.each([
  ['https://github.com/acme/shop/issues/12', 'issue', 12],
  ['https://github.com/acme/shop/pull/7/files#r1', 'pull request', 7],
  ['acme/shop#3', 'issue', 3],
])('%s is what a run can be about', (named, kind, number) => {
  expect(about(named)).toEqual({ remote: 'https://github.com/acme/shop', kind, number });
});

test.each([
  ['https://gitlab.com/acme/shop/-/issues/12', 'acme/shop', 'issue'],
  ['https://gitlab.com/acme/tools/shop/-/work_items/12', 'acme/tools/shop', 'issue'],
  ['https://gitlab.com/acme/tools/shop/-/merge_requests/12/diffs#note_1', 'acme/tools/shop', 'pull request'],
])('%s of GitLab is, too', (named, project, kind) => {
  expect(about(named)).toEqual({ remote: `https://gitlab.com/${project}`, kind, number: 12 });
});

test.each([
  [null, /it is about none/],
  ['issue 12', /names no issue/],
  ['https://github.com/acme/shop/issues/0', /names no issue/],
  ['https://github.com/acme/shop/wiki/12', /names no issue/],
  ['https://github.com/other/shop/issues/12', /says nothing at https:\/\/github.com\/other\/shop/],
  ['https://evil.example.org/acme/shop/issues/12', /says nothing at/],
])('where a comment is wanted, %s is refused', (named, message) => {
  expect(() => about(named)).toThrow(message);
});

test('what changes files can be about whatever happened, and need not be', () => {
  expect(about(null, 'diff')).toBeNull();
  expect(about('https://github.com/other/shop/issues/12', 'diff')).toMatchObject({ number: 12 });
});
