import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { publishArguments } from '../../../shared/run/publish-decision.ts';
import { publicationFacts } from '../../ground/decision/publication-facts.ts';
import { verbsOf } from '../../ground/decision/verbs.ts';
import type { EventBody } from '../../../shared/run/events.ts';
import { began, created, followed, leased } from '../../../shared/run/story/fixture.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { decisionPage } from './decision-page.ts';
import { publicationSections, readPublication, type Publication } from './publication.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const body = '## What was done\n\nIt adds.\n';
const patch = 'diff --git a/sum.js b/sum.js\n--- a/sum.js\n+++ b/sum.js\n@@ -1 +1 @@\n-a - b\n+a + b\n';
const remote = 'https://github.com/acme/shop';
const request: DecisionRequest = {
  id: 'dec_test1',
  kind: 'publish',
  requester: { turn: 2, call: null },
  action: 'Publish round 1 as a draft pull request to acme/shop',
  tool: null,
  arguments: {
    round: 1,
    patch: sha256(patch),
    effects: [
      { kind: 'branch', remote, branch: 'b', base: 'a'.repeat(40), onTop: null, patch: sha256(patch), message: 'Mend' },
      {
        kind: 'pull request',
        remote,
        branch: 'b',
        into: 'main',
        title: 'Mend\u202e',
        body: sha256(body),
        draft: true,
        ciRepairs: 2,
      },
    ],
    secrets: ['sum.js:1: GitHub Token'],
  },
  tree: 'd'.repeat(40),
  hash: 'ab'.repeat(32),
  reason: 'Its trigger says so',
  consequence: 'It is there',
  expiresAt: '2026-01-04T00:00:00.000Z',
  onExpiry: 'It stays in review',
  choices: [],
};

const checked = (index: number, command: string, exitCode: number): readonly EventBody[] => [
  { type: 'verification.started', v: 1, index, command },
  {
    type: 'verification.finished',
    v: 2,
    index,
    command,
    outcome: 'exited',
    exitCode,
    output: '',
    outputBlob: null,
    durationMs: 1,
    refusedHosts: [],
    reachedHosts: [],
    setup: 'base',
  },
];
const head = { commit: 'a'.repeat(40), tree: 'd'.repeat(40) };
const handedOver: EventBody = {
  type: 'round.finished',
  v: 1,
  head,
  changes: 'c'.repeat(64),
  patch: sha256(patch),
  files: 1,
  additions: 1,
  deletions: 1,
};
const asked: EventBody = { type: 'decision.requested', v: 3, request };

const blobs = (...contents: readonly string[]) => ({
  blob: async (_run: string, hash: string) =>
    new TextEncoder().encode(contents.find((content) => sha256(content) === hash) ?? 'something else'),
});
const read = (...contents: readonly string[]) => readPublication(blobs(...contents), 'run_test1', request);

const pageOf = (publication: Publication | null, more: readonly EventBody[] = []) =>
  decisionPage({
    ...followed([
      created('Fix it'),
      ...leased,
      ...checked(0, 'npm run lint', 0),
      ...checked(1, 'npm test', 1),
      handedOver,
      asked,
      ...more,
    ]),
    decision: request.id,
    request,
    whole: true,
    there: { kind: 'other' },
    publication,
    now: began + 60_000,
  });
const buttonsOf = (page: ReturnType<typeof pageOf>) =>
  page.sections
    .filter(({ id }) => id === 'ask')
    .flatMap(({ items }) =>
      items.flatMap((item) =>
        item.kind === 'buttons' ? item.buttons.map(({ label, primary }) => [label, primary]) : [],
      ),
    );

test('all that would be published is on one page, failed checks first, and nothing that stands out publishes it', async () => {
  const page = pageOf(await read(body, patch));
  expect([page.title, ...page.sections.map(({ title }) => title)]).toEqual([
    '#7 Publish this result?',
    'What is asked',
    'Text of the pull request',
    'Files: 1 file, +1 -1',
    'Evidence',
    'Goal',
  ]);
  expect(page.sections[0]?.items.slice(0, 3)).toEqual([
    { key: 'action', kind: 'text', text: 'Publish round 1 as a draft pull request to acme/shop?', tone: 'plain' },
    {
      key: 'facts',
      kind: 'facts',
      facts: [
        { label: 'Repository', text: remote },
        { label: 'Branch', text: 'b' },
        { label: 'Commit', text: 'Mend' },
        { label: 'Into', text: 'main' },
        { label: 'Title', text: expect.not.stringContaining('\u202e') },
        { label: 'As', text: 'a draft' },
        { label: 'If checks fail there', text: 'another round begins, at most 2 in all' },
        { label: 'Tree', text: 'd'.repeat(40) },
        { label: 'Checks', text: '1 of 2 checks failed · ✗ npm test · ✓ npm run lint' },
        { label: 'Status', text: `waits; 2 d left, until ${localTime(request.expiresAt)}` },
        { label: 'Asked by', text: 'Longhaul' },
        { label: 'Why', text: 'Its trigger says so' },
        { label: 'If approved', text: 'It is there' },
        { label: 'If nobody decides', text: 'It stays in review' },
        { label: 'Hash', text: 'ab'.repeat(32) },
      ],
    },
    {
      key: 'secrets',
      kind: 'text',
      text: 'What looks like a secret would be published:\nsum.js:1: GitHub Token',
      tone: 'bad',
    },
  ]);
  expect(page.sections[1]?.items).toEqual([
    { key: 'text', kind: 'markdown', text: body },
    { key: 'exact', kind: 'code', label: 'As it is sent', text: body, folded: true },
  ]);
  expect(page.sections[2]?.items).toMatchObject([{ facts: [{ label: 'sum.js', text: '+1 -1' }] }]);
  expect(buttonsOf(page)).toEqual([
    ['Open Diff', true],
    ['Open Draft Pull Request…', false],
    ['Do Not Publish…', false],
    ['Open Run', false],
  ]);
});

test.each([
  ['is not read yet', null],
  ['has another text', 'text'],
  ['has another patch', 'patch'],
])('what %s is not approved', async (_, missing) => {
  const publication = missing === null ? null : await read(missing === 'text' ? patch : body);
  const page = pageOf(publication);
  expect(buttonsOf(page).map(([label]) => label)).toEqual(['Open Diff', 'Do Not Publish…', 'Open Run']);
  const said = JSON.stringify(page.sections);
  expect(said).toContain(missing === null ? 'Reading what would be published…' : 'Do not approve it.');
  expect(said).not.toContain('something else');
});

test('a text that is no change of files has no list of them, and reads as it will there; it is sent as it is', async () => {
  const text = 'Ask @<!-- -->ada.';
  const answer = { kind: 'answer', remote, on: { kind: 'issue', number: 3 }, body: sha256(text) };
  const about = { ...request, arguments: { round: 1, patch: sha256(''), effects: [answer], secrets: [] } };
  const sections = publicationSections(await readPublication(blobs(text, ''), 'run_test1', about));
  expect(sections).toEqual([
    {
      id: 'text 0',
      title: 'Text',
      items: [
        { key: 'text', kind: 'markdown', text: 'Ask @ada.' },
        { key: 'exact', kind: 'code', label: 'As it is sent', text, folded: true },
      ],
    },
  ]);
});

test('a later round on the branch of an earlier one updates its pull request, and says so', () => {
  const asked = publishArguments(request);
  if (asked === null) throw new Error('it is about something else');
  const effects = asked.effects.map((effect) =>
    effect.kind === 'branch' ? { ...effect, onTop: 'e'.repeat(40) } : effect,
  );
  const later = { ...request, arguments: { ...asked, effects } };
  expect(verbsOf(later).yes).toBe('Update Pull Request');
  expect(publicationFacts(later).find(({ label }) => label === 'As')?.text).toBe(
    'an update of the one that is there, else a draft',
  );
});

test('what has been decided is not decided again from there', async () => {
  const verdict = { kind: 'rejected', reason: 'no' } as const;
  const made: EventBody = {
    type: 'decision.made',
    v: 1,
    decision: request.id,
    hash: request.hash,
    verdict,
    by: 'person:ada',
  };
  expect(buttonsOf(pageOf(await read(body, patch), [made])).map(([label]) => label)).toEqual(['Open Diff', 'Open Run']);
});
