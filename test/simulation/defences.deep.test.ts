import { expect, test } from 'vitest';
import { defences } from './defences.ts';
import { play, seedsFrom } from './play.ts';

/** A defence that is off shows within so many schedules: the gate plays more. */
const enough = 4_000;

test.each(Object.values(defences))('the simulation finds $without', async ({ sabotage, shows }) => {
  const counts = (problem: string) => shows.test(problem);
  const { found } = await play({ seeds: seedsFrom(1, { count: enough }), sabotage, counts });
  if (found === null) throw new Error(`no schedule of ${enough} shows it`);
  // The same schedule shows none of it while the defence is on.
  expect((await play({ seeds: [found.seed] })).found).toBeNull();
});
