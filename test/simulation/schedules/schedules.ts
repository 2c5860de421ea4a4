import { expect, test } from 'vitest';
import { play, seedsFrom } from '../play.ts';

/** How many schedules all parts together play. */
const schedules = Number(process.env['SCHEDULES'] ?? 2_000);
/** One to play again, alone. */
const seed = process.env['SEED'];
/** Files play at the same time, each in a process of its own. */
const parts = 4;

/** One part of the schedules: those whose seeds come to `part` when they are counted off. */
export const playPart = (part: number): void => {
  test(`runs keep every promise in ${schedules / parts} schedules of kills, stops, lost answers and clocks that are set`, async () => {
    const alone = seed === undefined ? null : Number(seed);
    const seeds =
      alone === null
        ? seedsFrom(part, { count: Math.ceil(schedules / parts), step: parts })
        : alone % parts === part
          ? [alone]
          : [];
    const { found, ...counts } = await play({ seeds });
    console.log(JSON.stringify(counts));
    if (found !== null) console.error([...found.story, replay(found.seed)].join('\n'));
    expect(found === null ? [] : [found.seed, ...found.problems]).toEqual([]);
  });
};

const replay = (found: number): string =>
  `play it again with: SEED=${found} npx vitest run --project simulation schedules`;
