import { expect, test } from 'vitest';
import { OutsideServer } from '../../harness/outside.ts';
import { Random } from '../../simulation/random.ts';
import { postgresGround, sqliteGround } from './ground.ts';
import { playKills } from './play.ts';

/** So many in the gate; `npm run chaos` does as many as it is told. */
const kills = Number(process.env['KILLS'] ?? 40);

for (const open of [sqliteGround, postgresGround])
  test(`nothing outside is lost or done twice through ${kills} kills (${open === sqliteGround ? 'SQLite' : 'two control planes on Postgres'})`, async () => {
    const random = new Random(1);
    await using outside = await OutsideServer.start();
    await using ground = await open({ outside, pick: (items) => random.pick(items) });
    const { runs, kills: killed } = await playKills(ground, { kills, random, outside });
    console.log(JSON.stringify({ kills: killed, runs: runs.length, outside: outside.requests.length }));
    expect(runs.filter(({ lost, twice, failed }) => lost.length + twice.length > 0 || failed !== null)).toEqual([]);
    // Else there would be nothing to lose.
    expect(outside.requests.length).toBeGreaterThanOrEqual(runs.length);
  });
