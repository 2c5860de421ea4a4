import { expect, test } from 'vitest';
import { defenceNamed } from '../defences.ts';
import { play, seedsFrom } from '../play.ts';

/** How many schedules all parts together play. */
const schedules = Number(process.env['SCHEDULES'] ?? 400);
/** One to play again, alone. */
const seed = process.env['SEED'];
/** A defence to be switched off, to see what comes of it. */
const without = process.env['WITHOUT'];

/** Files play at the same time, each in a process of its own. */
const parts = ['first', 'second', 'third', 'fourth'] as const;
type Part = (typeof parts)[number];

/** The part whose turn it is when seeds are counted off. */
const partOf = (of: number): Part => parts[of % parts.length] ?? 'first';

/** One part of the schedules. */
export const playPart = (part: Part): void => {
  const count = Math.ceil(schedules / parts.length);
  const seeds =
    seed === undefined
      ? [...seedsFrom(parts.indexOf(part), { count, step: parts.length })]
      : [Number(seed)].filter((alone) => partOf(alone) === part);
  const { sabotage } = without === undefined ? { sabotage: {} } : defenceNamed(without);
  test(`runs keep every promise in ${seeds.length} schedules of kills, stops, lost answers and clocks that are set`, async () => {
    const { found, ...counts } = await play({ seeds, sabotage });
    console.log(JSON.stringify(counts));
    if (found !== null) console.error([...found.story, ...found.problems, replayOf(found.seed)].join('\n'));
    expect(found === null ? [] : [found.seed, ...found.problems]).toEqual([]);
  });
};

/** What is printed with a schedule that shows a problem. */
const replayOf = (found: number): string => {
  const off = without === undefined ? '' : `WITHOUT=${without} `;
  return `play it again with: ${off}SEED=${found} npx vitest run --project simulation schedules/${partOf(found)}`;
};
