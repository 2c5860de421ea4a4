import { expect, test } from 'vitest';
import { play, seedsFrom } from './play.ts';

test('a seed plays the same schedule again, whatever was played before it', async () => {
  // Counting every problem of a network that loses everything gives a story to compare.
  const storyOf = async (seeds: Iterable<number>) => {
    const { found } = await play({
      seeds,
      sabotage: { announces: () => false },
      counts: (problem) => problem.startsWith('run_s40'),
    });
    return found;
  };
  const once = await storyOf([40]);
  expect(once?.story.length).toBeGreaterThan(2);
  expect(await storyOf(seedsFrom(38, { count: 3 }))).toEqual(once);
});
