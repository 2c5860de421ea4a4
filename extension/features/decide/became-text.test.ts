import { expect, test } from 'vitest';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { EventBody } from '../../../shared/run/events.ts';
import { began, created, followed, leased } from '../../../shared/run/story/fixture.ts';
import { becameText } from './became-text.ts';
import { localTime } from '../../ground/text/local-time.ts';

const request: DecisionRequest = {
  id: 'dec_test1',
  kind: 'call',
  requester: { turn: 2, call: null },
  action: 'Run npm install',
  tool: 'bash',
  arguments: { command: 'npm install' },
  tree: null,
  hash: 'ab'.repeat(32),
  reason: 'because',
  consequence: 'It runs',
  expiresAt: '2026-01-04T00:00:00.000Z',
  onExpiry: 'The run stays parked',
  choices: [],
};

/** As it is half a minute after the log began; what is decided is decided in its fifth second. */
const became = (...more: readonly EventBody[]) =>
  becameText(
    followed([created('Fix it'), ...leased, { type: 'decision.requested', v: 3, request }, ...more]).story,
    request.id,
    began + 34_000,
  );

test('who comes too late reads who decided what, and when', () => {
  const made: EventBody = {
    type: 'decision.made',
    v: 1,
    decision: request.id,
    hash: request.hash,
    verdict: { kind: 'rejected', reason: 'no' },
    by: 'person:ada',
  };
  expect(became(made)).toBe(
    `This was rejected (no) by ada 30 s ago (${localTime('2026-01-01T00:00:00.000Z')}). What you did was not taken.`,
  );
});

test('that the run ended first is said, and nothing of what still waits', () => {
  expect(became({ type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' })).toBe(
    'The run ended before this was decided.',
  );
  expect(became()).toBe(null);
  expect(becameText(followed([created('Fix it')]).story, 'dec_other', began)).toBe(null);
});
