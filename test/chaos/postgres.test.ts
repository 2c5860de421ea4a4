import { describe, expect, test } from 'vitest';
import { expectSame } from './outcome.ts';
import { drawn } from './sweep.ts';
import { TwoPlanes, type Crash, type Victim } from './two-planes.ts';

/** Every so many places are struck at. A supervisor's loss takes a lease to notice. */
const strides = { supervisor: 6, front: 4 } as const;

const sweepOf = (victim: Victim, appends: number): readonly Crash[] =>
  drawn(
    { of: `Postgres, ${victim}`, stride: strides[victim], first: 0 },
    (['before', 'after'] as const).flatMap((side) =>
      Array.from({ length: appends }, (_, index) => ({ victim, side, append: index + 1 })),
    ),
  );

describe.concurrent('on Postgres, with two control planes, a run comes out the same', () => {
  for (const victim of ['supervisor', 'front'] as const)
    test(`when the one that is ${victim === 'front' ? 'in front' : 'supervising'} is killed, and the other goes on`, async () => {
      await using arena = await TwoPlanes.open({ LONGHAUL_WORKERS: '1', LONGHAUL_LEASE_SECONDS: '2' });
      const plain = await arena.run(victim, null);
      const { appends } = arena.proxy;
      expect(plain.raw.filter(({ body }) => body.type === 'call.finished').length).toBeGreaterThanOrEqual(12);
      for (const crash of sweepOf(victim, appends))
        expectSame(await arena.run(victim, arena.atAppend(crash)), plain, crash);
      const { seen } = arena;
      expect(seen.map(({ position }) => position)).toEqual(seen.map((_, index) => index + 1));
    });
});
