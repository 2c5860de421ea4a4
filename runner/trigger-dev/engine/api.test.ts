import { expect, test } from 'vitest';
import { troubleOf } from './api.ts';

/** An answer as the client throws it. */
const refused = (status: number, headers: Readonly<Record<string, string>>): Error =>
  Object.assign(new Error(`refused with ${status}`), { status, headers });

test.each([401, 404, 422, 500, 503])(
  'with %i the end of a period of rates is no reason to wait: it is on every answer',
  (status) => {
    const reset = String(Date.now() + 9_000);
    expect(troubleOf(refused(status, { 'x-ratelimit-limit': '750', 'x-ratelimit-reset': reset }))).toEqual({
      status,
      retryAfter: null,
    });
  },
);

test('with 429 it is waited for', () => {
  const { retryAfter } = troubleOf(refused(429, { 'x-ratelimit-reset': String(Date.now() + 60_000) }))!;
  expect(retryAfter).toBeGreaterThan(30_000);
});

test('what says when to ask again is believed with any status', () => {
  expect(troubleOf(refused(503, { 'retry-after': '3' }))).toEqual({ status: 503, retryAfter: 3_000 });
});

test('what is no answer is no trouble with a request', () => {
  expect(troubleOf(new Error('a bug'))).toBeNull();
});
