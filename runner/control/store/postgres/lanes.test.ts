import { expect, test } from 'vitest';
import { Lanes } from './lanes.ts';

/** Work that says when it begins and ends, and ends when it is told to. */
const setUp = (width: number) => {
  const lanes = new Lanes(width);
  const log: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const take = (key: string, name: string): Promise<string> =>
    lanes.take(key, async () => {
      log.push(`${name} begins`);
      await new Promise<void>((resolve, reject) => {
        ends.set(name, (error) => (error === undefined ? resolve() : reject(error)));
      });
      log.push(`${name} ends`);
      return name;
    });
  return { lanes, log, take, end: (name: string, error?: Error) => ends.get(name)?.(error) };
};

test('work of one key is done one after the other, whatever comes of it', async () => {
  const { log, take, end } = setUp(2);
  const first = take('run', 'first');
  const second = take('run', 'second');
  await Promise.resolve();
  end('first', new Error('no'));
  await expect(first).rejects.toThrow('no');
  while (log.length < 2) await Promise.resolve();
  end('second');
  expect(await second).toBe('second');
  expect(log).toEqual(['first begins', 'second begins', 'second ends']);
});

test('no more is at work than there are lanes, and what waits goes in the order in which it came', async () => {
  const { log, take, end, lanes } = setUp(1);
  const all = ['a', 'b', 'c'].map((name) => take(name, name));
  for (const name of ['a', 'b', 'c']) {
    while (!log.includes(`${name} begins`)) await Promise.resolve();
    end(name);
  }
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  await lanes.idle();
  expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
