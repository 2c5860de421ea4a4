import { Sqlite } from './sqlite.ts';
import { World, type Sabotage } from './world.ts';

interface Found {
  readonly seed: number;
  readonly problems: readonly string[];
  /** What was done to it, and what came of it, in the order of time. */
  readonly story: readonly string[];
}

export interface Played {
  readonly schedules: number;
  /** Micro-steps. */
  readonly steps: number;
  readonly events: number;
  readonly faults: number;
  /** Requests that commands made outside. */
  readonly outside: number;
  readonly found: Found | null;
}

export interface Plan {
  /** Seeds, in the order in which they are played. */
  readonly seeds: Iterable<number>;
  readonly sabotage?: Sabotage;
  /** Which problems count. */
  readonly counts?: (problem: string) => boolean;
  /** Called with each schedule once it was played. */
  readonly onPlayed?: (world: World) => void;
}

/** Plays schedule after schedule until one shows a problem. */
export const play = async ({ seeds, sabotage = {}, counts = () => true, onPlayed }: Plan): Promise<Played> => {
  using sqlite = await Sqlite.open();
  const sums = { schedules: 0, steps: 0, events: 0, faults: 0, outside: 0 };
  for (const seed of seeds) {
    const world = new World(seed, { sqlite, sabotage });
    await world.play();
    onPlayed?.(world);
    sums.schedules += 1;
    sums.steps += world.steps;
    sums.events += world.runs.reduce((sum, run) => sum + world.auditor.ledger(run).events.length, 0);
    sums.faults += world.history.length;
    sums.outside += world.outside.requests.length;
    const problems = world.auditor.problems.filter(counts);
    if (problems.length > 0) return { ...sums, found: { seed, problems, story: storyOf(world) } };
  }
  return { ...sums, found: null };
};

/** What happened in each of these schedules, by its digest. Goes on past problems. */
export const digestsOf = async (seeds: Iterable<number>): Promise<ReadonlyMap<number, string>> => {
  const digests = new Map<number, string>();
  await play({ seeds, counts: () => false, onPlayed: (world) => digests.set(world.seed, world.digest()) });
  return digests;
};

export function* seedsFrom(
  first: number,
  options: { readonly count: number; readonly step?: number },
): Generator<number> {
  const { count, step = 1 } = options;
  for (let index = 0; index < count; index += 1) yield first + index * step;
}

/** What is printed of an event's body: enough to see what it is about. */
const longestLine = 240;

const storyOf = ({ history, runs, auditor }: World): readonly string[] => {
  const events = runs.flatMap((run) =>
    auditor.ledger(run).events.map(({ seq, at, body }) => ({
      at: Date.parse(at),
      text: `${run} ${seq} ${JSON.stringify(body).slice(0, longestLine)}`,
    })),
  );
  return [...history.map(({ at, what }) => ({ at, text: `*** ${what}` })), ...events]
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text }) => `${new Date(at).toISOString().slice(11)} ${text}`);
};
