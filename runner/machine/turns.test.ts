import { expect, test } from 'vitest';
import { turns } from './turns.ts';

test('of one key so many are under way at once and the others in the order they came; another key does not wait', async () => {
  const turn = turns(2);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (key: string, name: string) =>
    turn(key, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const all = [work('a', 'a1'), work('a', 'a2'), work('a', 'a3'), work('a', 'a4'), work('b', 'b1')];
  await new Promise(setImmediate);
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  for (const name of ['a2', 'b1', 'a3', 'a1', 'a4']) {
    ends.get(name)?.();
    await new Promise(setImmediate);
  }
  await Promise.all(all);
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
});

test('one that fails gives its turn to the next', async () => {
  const turn = turns(1);
  const failed = turn('a', () => Promise.reject(new Error('no')));
  const next = turn('a', async () => 'yes');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
