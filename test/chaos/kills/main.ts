import { parseArgs } from 'node:util';
import { OutsideServer } from '../../harness/outside.ts';
import { Random } from '../../simulation/random.ts';
import { postgresGround, sqliteGround } from './ground.ts';
import { playKills, type Played } from './play.ts';

/** `npm run chaos -- --kills 1000 --seed 7`: kills workers, control planes and databases, and counts what came of the runs. */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});

const line = (name: string, { kills, runs }: Played, requests: number): Record<string, string | number> => ({
  store: name,
  'workers killed': kills['worker'] ?? 0,
  'planes killed': kills['plane'] ?? 0,
  'databases killed': kills['database'] ?? 0,
  runs: runs.length,
  'outside effects': requests,
  lost: runs.flatMap(({ lost }) => lost).length,
  twice: runs.flatMap(({ twice }) => twice).length,
  'failed for a reason not their own': runs.filter(({ failed }) => failed !== null).length,
});

const lines: Record<string, string | number>[] = [];
for (const open of [sqliteGround, postgresGround]) {
  const random = new Random(Number(values.seed));
  await using outside = await OutsideServer.start();
  await using ground = await open({ outside, pick: (items) => random.pick(items) });
  const played = await playKills(ground, { kills: Math.ceil(Number(values.kills) / 2), random, outside });
  lines.push(line(ground.kind, played, outside.requests.length));
  for (const run of played.runs)
    if (run.lost.length + run.twice.length > 0 || run.failed !== null) {
      console.error(JSON.stringify(run));
      process.exitCode = 1;
    }
}
console.table(lines);
