import { pino } from 'pino';
import { expect, test } from 'vitest';
import { insist, type Trouble } from './insist.ts';

class Refused extends Error {
  readonly trouble: Trouble;
  constructor(status: number | null, retryAfter: number | null = null) {
    super(`refused with ${status}`);
    this.trouble = { status, retryAfter };
  }
}

/** Asks something that answers like this, one after the other; and says how often it was asked, and what was logged. */
const asked = async (answers: readonly (Error | string)[], signal = new AbortController().signal) => {
  const lines: unknown[] = [];
  const told: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  let times = 0;
  const ask = async (): Promise<string> => {
    const answer = answers[times] ?? 'enough';
    times += 1;
    if (typeof answer === 'string') return answer;
    throw answer;
  };
  const troubleOf = (error: unknown) => (error instanceof Refused ? error.trouble : null);
  const answer = await insist('it', ask, {
    log,
    signal,
    troubleOf,
    onTrouble: (words) => told.push(words),
    attempts: 4,
    firstMs: 1,
  }).catch((error: unknown) => error);
  return { answer, times, lines };
};

test.each([503, 500, 429, 409, 408, null])('asks again after %s, and the log says so', async (status) => {
  const { answer, times, lines } = await asked([new Refused(status), 'here']);
  expect({ answer, times }).toEqual({ answer: 'here', times: 2 });
  expect(lines).toEqual([
    expect.objectContaining({ what: 'it', attempt: 1, status, msg: 'Trigger.dev is asked again' }),
  ]);
});

test.each([400, 401, 404, 422])('takes %s for an answer', async (status) => {
  const refused = new Refused(status);
  expect(await asked([refused, 'here'])).toEqual({ answer: refused, times: 1, lines: [] });
});

test('waits for as long as it is told', async () => {
  const before = performance.now();
  await asked([new Refused(429, 150), 'here']);
  expect(performance.now() - before).toBeGreaterThanOrEqual(140);
});

test('gives up in the end, and at once when it is stopped or something else is wrong', async () => {
  const refused = new Refused(503);
  expect(await asked([refused, refused, refused, refused, 'here'])).toMatchObject({ answer: refused, times: 4 });
  expect(await asked([refused, 'here'], AbortSignal.abort())).toMatchObject({ answer: refused, times: 1 });
  const bug = new TypeError('a bug');
  expect(await asked([bug, 'here'])).toMatchObject({ answer: bug, times: 1 });
});
