import { expect, test } from 'vitest';
import { OutsideServer } from '../../harness/outside.ts';
import { Random } from '../../simulation/random.ts';
import { grounds } from './ground.ts';
import { isWrong, playKills } from './play.ts';

/** So many in the gate; `npm run chaos` does as many as it is told. */
const kills = Number(process.env['KILLS'] ?? 40);

for (const store of ['sqlite', 'postgres'] as const)
  test(`nothing is lost or done twice through ${kills} kills (${store === 'sqlite' ? 'SQLite' : 'two control planes on Postgres'})`, async () => {
    const random = new Random(1);
    await using outside = await OutsideServer.start();
    await using ground = await grounds[store]({ outside, random });
    const { runs, struck, left, trouble } = await playKills(ground, {
      kills: { left: kills },
      atOnce: 2,
      random,
      outside,
    });
    console.log(JSON.stringify({ struck: struck.length, runs: runs.length, outside: outside.requests.length }));
    expect({ trouble, wrong: runs.filter(isWrong), left }).toEqual({ trouble: [], wrong: [], left: null });
    // Else there would be nothing to lose.
    expect(outside.requests.length).toBeGreaterThanOrEqual(runs.length);
  });
