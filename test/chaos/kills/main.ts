import { parseArgs } from 'node:util';
import { OutsideServer } from '../../harness/outside.ts';
import { Random } from '../../simulation/random.ts';
import { grounds, type Ground } from './ground.ts';
import { isWrong, playKills, type Played } from './play.ts';

const help = `Kills workers, control planes and databases under runs that go on, and counts what came of the runs and of what they did outside.

  npm run chaos -- [--kills 1000] [--seed 1] [--store sqlite|postgres|both] [--at-once 4] [--json]

  --kills    how many are killed without a word, over all stores; other faults come besides
  --seed     decides what goes wrong, in which order, and after how many events; how fast a machine is, it cannot decide
  --store    where: SQLite with one control plane, Postgres with two, or both beside one another
  --at-once  runs that are under way at the same time, for each store
  --json     the count as JSON at the end, and nothing else on the standard output

Exit code 0: nothing was lost, nothing came twice, no run failed. 1: something was, and the folder that is named has the runs' logs. 2: it was called wrongly.`;

const misuse = (message: string): never => {
  console.error(`longhaul: ${message}\nSee: npm run chaos -- --help`);
  process.exit(2);
};

const wholeNumber = (name: string, text: string): number => {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0
    ? number
    : misuse(`--${name} wants a whole number above 0, not ${text}.`);
};

const read = () => {
  try {
    return parseArgs({
      options: {
        kills: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        store: { type: 'string', default: 'both' },
        'at-once': { type: 'string', default: '4' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return misuse(error instanceof Error ? error.message : String(error));
  }
};

const storesOf = (text: string): readonly Ground['store'][] => {
  if (text === 'both') return ['sqlite', 'postgres'];
  return text === 'sqlite' || text === 'postgres'
    ? [text]
    : misuse(`--store is sqlite, postgres or both, not ${text}.`);
};

const hits = ({ struck }: Played, victim: string): number =>
  struck.filter((each) => each.hit && each.kill && each.victim === victim).length;

const summary = (played: Played) => ({
  store: played.store,
  'workers killed': hits(played, 'worker'),
  'planes killed': hits(played, 'plane'),
  'databases killed': hits(played, 'database'),
  'other faults': played.struck.filter(({ hit, kill }) => hit && !kill).length,
  'in pairs': played.struck.filter(({ hit, second }) => hit && second).length,
  runs: played.runs.length,
  events: played.events,
  'outside effects': played.effects,
  lost: played.runs.flatMap(({ lost }) => lost).length,
  twice: played.runs.flatMap(({ twice }) => twice).length,
  'failed for a reason not their own': played.runs.filter(({ failed }) => failed !== null).length,
});

const began = performance.now();
const progress = (played: Played, left: number): string => {
  const line = summary(played);
  const killed = line['workers killed'] + line['planes killed'] + line['databases killed'];
  return `${played.store}, ${Math.round((performance.now() - began) / 1000)} s: ${killed} kills (${left} to go), ${line['other faults']} other faults, ${line.runs} runs done, ${line['outside effects']} effects, ${line.lost} lost, ${line.twice} twice, ${line['failed for a reason not their own']} failed`;
};

const playOn = async (
  store: Ground['store'],
  options: { kills: { left: number }; seed: number; atOnce: number },
): Promise<Played> => {
  const random = new Random(options.seed);
  await using outside = await OutsideServer.start();
  await using ground = await grounds[store]({ outside, random });
  let next = performance.now() + 10_000;
  let told = 0;
  const onProgress = (played: Played): void => {
    for (const run of played.runs.slice(told)) if (isWrong(run)) console.error(`${store}: ${JSON.stringify(run)}`);
    told = played.runs.length;
    if (performance.now() < next) return;
    next = performance.now() + 10_000;
    console.error(progress(played, Math.max(0, options.kills.left)));
  };
  const played = await playKills(ground, { ...options, random, outside, onProgress, signal: interrupted.signal });
  // The other store may go on for long.
  for (const sentence of played.trouble) console.error(`${store}: ${sentence}`);
  return played;
};

/** What serves is in groups of its own, and a terminal's Ctrl-C does not reach it: it is ended in good order. */
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const values = read();
if (values.help) {
  console.log(help);
  process.exit(0);
}
const seed = wholeNumber('seed', values.seed);
const stores = storesOf(values.store);
const wanted = wholeNumber('kills', values.kills);
const options = {
  seed,
  kills: { left: wanted },
  atOnce: wholeNumber('at-once', values['at-once']),
};
const played = await Promise.all(stores.map((store) => playOn(store, options)));
if (values.json)
  console.log(
    JSON.stringify(
      { seed, played: played.map((each) => ({ ...summary(each), trouble: each.trouble, left: each.left })) },
      null,
      2,
    ),
  );
else console.table(played.map(summary));
for (const { store, left } of played) {
  if (left === null) continue;
  console.error(`${store}: seed ${seed}; the logs are in ${left}`);
  process.exitCode = 1;
}
