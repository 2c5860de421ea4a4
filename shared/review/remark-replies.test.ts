import { expect, test } from 'vitest';
import type { EventBody } from '../run/events.ts';
import { created, finished, followed, judged, leased, logOf } from '../run/story/fixture.ts';
import { repliesTo } from './remark-replies.ts';

const edit = (call: string, path: string): readonly EventBody[] => [
  judged(call, 'edit', { path, old: 'a', new: 'b' }),
  finished(call, '', null),
];
const passing: EventBody = {
  type: 'verification.finished',
  v: 2,
  index: 0,
  command: 'npm test',
  outcome: 'exited',
  exitCode: 0,
  output: '',
  outputBlob: null,
  durationMs: 1,
  refusedHosts: [],
  reachedHosts: [],
  setup: 'base',
};

/** Answers to remarks on these paths (by their numbers), after the second round has done this. */
const answered = (
  remarks: Readonly<Record<number, string>>,
  did: readonly EventBody[],
  from: 'person' | 'checks' = 'person',
) => {
  const asked: EventBody = {
    type: 'review.decided',
    v: 3,
    merge: null,
    by: 'github:ada',
    from,
    verdict: 'changes',
    reason: '',
    comments: [
      ...Object.entries(remarks).map(([id, path]) => ({ id: Number(id), path, line: 1, text: '@acme Why?' })),
      { path: 'sum.js', line: null, text: 'Said in the editor.' },
    ],
  };
  const bodies = [created('Mend it'), ...leased, ...edit('first', 'sum.js'), asked, ...did];
  const { state } = followed(bodies);
  const events = logOf(bodies);
  const verification = did.includes(passing)
    ? [{ command: 'npm test', outcome: 'exited', exitCode: 0, coverage: null, index: 0, durationMs: 1 } as const]
    : [];
  return repliesTo({ ...state, round: 2, verification }, events);
};

test('each remark is answered with the calls of this round that wrote to its file, and what verification came to', () => {
  const did = [...edit('second', './sum.js'), ...edit('third', 'other.js'), ...edit('fourth', 'sum.js'), passing];
  expect(answered({ 7: 'sum.js', 9: 'README.md' }, did)).toMatchObject([
    {
      to: 7,
      text: 'Round 2 changed this file: calls 2 (edit), 4 (edit). Longhaul ran 1 command to verify it: 1 passed.',
    },
    {
      to: 9,
      text: 'No call of round 2 wrote to this file by itself; what was done is in the comment on the round. Longhaul ran 1 command to verify it: 1 passed.',
    },
  ]);
});

test('what was said elsewhere, and what checks said, is not answered', () => {
  expect(answered({}, edit('second', 'sum.js'))).toEqual([]);
  expect(answered({ 7: 'sum.js' }, [], 'checks')).toEqual([]);
});
