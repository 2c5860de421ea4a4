import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DecisionSummary } from '../../shared/run/summary.ts';
import { decisionView } from './decision-view.ts';
import { decisionOf } from './fixture.ts';
import { plain } from './paint.ts';
import { publicationView, readPublished } from './publication-view.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const body = 'It **adds**.\n';
const patch = 'diff --git a/sum.js b/sum.js\n--- a/sum.js\n+++ b/sum.js\n@@ -1 +1 @@\n-a - b\n+a + b\n';
const remote = 'https://github.com/acme/shop';

const open: DecisionSummary = {
  run: 'run_k3v9x2',
  number: 7,
  title: 'Mend the sum',
  tenant: 'local',
  status: 'pending',
  request: decisionOf({
    kind: 'publish',
    requester: { turn: 2, call: null },
    action: 'Publish round 1 as a draft pull request to acme/shop',
    tool: null,
    tree: 'd'.repeat(40),
    arguments: {
      round: 1,
      patch: sha256(patch),
      effects: [
        {
          kind: 'branch',
          remote,
          branch: 'b',
          base: 'a'.repeat(40),
          onTop: null,
          patch: sha256(patch),
          message: 'Mend',
        },
        {
          kind: 'pull request',
          remote,
          branch: 'b',
          into: 'main',
          title: 'Mend',
          body: sha256(body),
          draft: true,
          ciRepairs: 1,
        },
      ],
      secrets: ['sum.js:1: GitHub Token'],
    },
  }),
};

const blobs = (...contents: readonly string[]) => ({
  blob: async (_run: string, hash: string) => {
    const found = contents.find((content) => sha256(content) === hash);
    return found === undefined ? null : Buffer.from(found);
  },
});

test('what would be published stands there whole, and no arguments of another kind', async () => {
  const published = await readPublished(blobs(body, patch), open);
  expect(publicationView(open, published, plain)).toBe(
    [
      '  Remote        https://github.com/acme/shop',
      '  Branch        b, from aaaaaaaaaaaa',
      '  Commit        Mend',
      '  Into          main, as a draft',
      '  Title         Mend',
      '  Checks        those that fail begin another round, at most 1 in all',
      '  Secrets?      sum.js:1: GitHub Token',
      `  Tree          ${'d'.repeat(40)}`,
      '  Text',
      '    It **adds**.',
      '  Files',
      '    +1 -1  sum.js',
      '    1 file, +1 -1',
    ].join('\n'),
  );
  const view = decisionView(open, { now: 0, paint: plain, published });
  expect(view).not.toContain('arguments');
  expect(view.split('\n').slice(-3)).toEqual([
    '  longhaul diff run_k3v9x2',
    `  longhaul approve ${open.request.id}`,
    `  longhaul reject ${open.request.id} --reason "…"`,
  ]);
});

test('a text that is not the one that was asked about is not shown, and nobody is to approve it', async () => {
  const other = { blob: async () => Buffer.from('Something else.') };
  const view = publicationView(open, await readPublished(other, open), plain) ?? '';
  expect(view).not.toContain('Something else.');
  expect(view.match(/It cannot be read as it was asked about: do not approve it\./g)).toHaveLength(2);
});
