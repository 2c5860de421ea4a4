import { expect, test } from 'vitest';
import { created, followed } from '../../../shared/run/story/fixture.ts';
import { asksForKey } from './refused-key.ts';

/** A run whose model call failed for this, while its worker still holds it. */
const failedBy = (code: string) =>
  followed([
    created('Mend it'),
    { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' },
    {
      type: 'model.failed',
      v: 1,
      turn: 1,
      attempt: 1,
      trouble: { code, message: 'no', retryable: false, status: null },
      retryAt: null,
      resume: null,
      usage: null,
      cost: null,
    },
  ]).state;

test('a question about a refused key is one from the moment that it is asked, before its worker has parked the run', () => {
  const requester = { turn: 1, call: null };
  expect(asksForKey(failedBy('auth'), { kind: 'retry', requester })).toBe(true);
  expect(asksForKey(failedBy('overloaded'), { kind: 'retry', requester })).toBe(false);
  expect(asksForKey(failedBy('auth'), { kind: 'budget', requester })).toBe(false);
});
