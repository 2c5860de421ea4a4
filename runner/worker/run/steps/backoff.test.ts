import { describe, expect, test } from 'vitest';
import { defaultBudget } from '../../../../shared/run/budget.ts';
import { retryAt } from './backoff.ts';

/** A linear congruential generator: a seed gives the same numbers on every machine. */
const randomOf = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** How long an endpoint that is out may be so until a person is asked, minutes, if each call fails at once. */
const survived = (random: () => number): number => {
  let now = 0;
  for (let attempt = 1; attempt < (defaultBudget.retries ?? 0); attempt++)
    now = Date.parse(
      retryAt({ retryable: true, retryAfterMs: null }, { attempt, now, random: random() }) ?? 'never again',
    );
  return now / 60_000;
};

describe('an endpoint that is out', () => {
  test('for a quarter of an hour is waited for by the default budget of retries', () => {
    const random = randomOf(1);
    // What comes first of such a generator depends on its seed alone.
    for (let warm = 0; warm < 10; warm++) random();
    const outages = Array.from({ length: 10_000 }, () => survived(random));
    const tooShort = outages.filter((minutes) => minutes < 15).length;
    expect(tooShort).toBeLessThan(20);
    expect(Math.max(...outages)).toBeLessThan(60);
  });

  test('is asked again within a second at first, and within five minutes at last, at a time that nobody can foretell', () => {
    const within = (attempt: number) =>
      [0, 0.5, 0.999].map((random) =>
        Date.parse(retryAt({ retryable: true, retryAfterMs: null }, { attempt, now: 0, random }) ?? 'never again'),
      );
    expect([1, 2, 9, 10, 19].map(within)).toEqual([
      [0, 500, 999],
      [0, 1_000, 1_998],
      [0, 128_000, 255_744],
      [0, 150_000, 299_700],
      [0, 150_000, 299_700],
    ]);
  });

  test('is asked no sooner than it says, and not at all where that would not help', () => {
    const at = (retryable: boolean) => retryAt({ retryable, retryAfterMs: 7_000 }, { attempt: 1, now: 0, random: 0.9 });
    expect([at(true), at(false)]).toEqual(['1970-01-01T00:00:07.000Z', null]);
  });
});

test('an endpoint that asks for more than an hour, or for no time that there is, is asked again after an hour', () => {
  const at = (retryAfterMs: number) => retryAt({ retryable: true, retryAfterMs }, { attempt: 1, now: 0, random: 0 });
  expect([1_800_000, 3_700_000, 99_999_999_999_999_000].map(at)).toEqual([
    '1970-01-01T00:30:00.000Z',
    '1970-01-01T01:00:00.000Z',
    '1970-01-01T01:00:00.000Z',
  ]);
});
