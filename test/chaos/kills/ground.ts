import { Planes } from '../../harness/planes.ts';
import { programReaching, type OutsideServer } from '../../harness/outside.ts';
import { openFolder, Rig } from '../../harness/rig.ts';
import type { Random } from '../../simulation/random.ts';
import { databaseFaults, leaseMs, planeFaults, workerFaults, workerWireFaults, type Fault } from './faults.ts';
import { script } from './scenario.ts';

/** Where runs are played: what serves, and what can go wrong there. */
export interface Ground extends AsyncDisposable {
  readonly store: 'sqlite' | 'postgres';
  readonly rigs: readonly Rig[];
  readonly faults: readonly Fault[];
}

interface GroundOptions {
  readonly outside: OutsideServer;
  readonly random: Random;
}

const env = { LONGHAUL_WORKERS: '3', LONGHAUL_LEASE_SECONDS: String(leaseMs / 1000) } as const;

/** One control plane on SQLite, whose workers ask it over their channel. */
const sqliteGround = async ({ outside, random: seeded }: GroundOptions): Promise<Ground> => {
  const random = seeded.fork();
  const project = await openFolder('longhaul-reaching-');
  await programReaching(project, outside);
  const rig = await Rig.start({ script, env, projectAt: () => project });
  const place = { rigs: [rig], random, lead: () => {} };
  return {
    store: 'sqlite',
    rigs: [rig],
    faults: [...workerFaults(place), ...planeFaults(place)],
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
};

/** Two control planes on one Postgres; workers ask one of them over HTTP, behind a balancer. */
const postgresGround = async ({ outside, random: seeded }: GroundOptions): Promise<Ground> => {
  const random = seeded.fork();
  const project = await openFolder('longhaul-reaching-');
  await programReaching(project, outside);
  const planes = await Planes.open({ script, env, projectAt: () => project, wired: true });
  const { wire } = planes;
  if (wire === null) throw new Error('there is no wire to the database');
  const lead = (awayFrom: Rig | null): void => {
    const serving = planes.all.filter((rig) => rig.client !== null && rig !== awayFrom);
    if (serving.length > 0) planes.lead(random.pick(serving));
  };
  const place = { rigs: planes.all, random, lead };
  return {
    store: 'postgres',
    rigs: planes.all,
    faults: [
      ...workerFaults(place),
      ...workerWireFaults(planes.balancer, random),
      ...planeFaults(place),
      ...databaseFaults(planes.server, { wire, random }),
    ],
    [Symbol.asyncDispose]: () => planes[Symbol.asyncDispose](),
  };
};

export const grounds = { sqlite: sqliteGround, postgres: postgresGround } as const;
