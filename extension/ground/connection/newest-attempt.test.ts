import { expect, test } from 'vitest';
import { newestAttempt } from './newest-attempt.ts';

const setUp = () => {
  const made: PromiseWithResolvers<string>[] = [];
  const entered: string[] = [];
  const attempts = newestAttempt(async (isNewest) => {
    const one = Promise.withResolvers<string>();
    made.push(one);
    const value = await one.promise;
    if (isNewest()) entered.push(value);
    return value;
  });
  return { made, entered, attempts };
};

test('those who ask at once share an attempt, and the next ones its result', async () => {
  const { made, attempts } = setUp();
  const asked = [attempts.get(), attempts.get()];
  made[0]!.resolve('a');
  expect(await Promise.all([...asked, attempts.get()])).toEqual(['a', 'a', 'a']);
  expect(made).toHaveLength(1);
});

test('an attempt that was overtaken enters nothing, and whoever waits for it gets the newest', async () => {
  const { made, entered, attempts } = setUp();
  const early = attempts.get();
  attempts.forget();
  const late = attempts.get();
  made[1]!.resolve('new');
  expect(await late).toBe('new');
  made[0]!.resolve('stale');
  expect(await early).toBe('new');
  expect(entered).toEqual(['new']);
  expect(await attempts.get()).toBe('new');
});

test('one that was overtaken and fails takes nothing from the newest; one that fails is tried again', async () => {
  const { made, attempts } = setUp();
  const early = attempts.get();
  attempts.forget();
  const late = attempts.get();
  made[0]!.reject(new Error('stale'));
  made[1]!.resolve('new');
  expect([await early, await late]).toEqual(['new', 'new']);
  attempts.forget();
  const failing = attempts.get();
  made[2]!.reject(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  const again = attempts.get();
  made[3]!.resolve('yes');
  expect(await again).toBe('yes');
});
