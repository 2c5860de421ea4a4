import { Planes } from '../../harness/planes.ts';
import { programReaching, type OutsideServer } from '../../harness/outside.ts';
import { openFolder, Rig } from '../../harness/rig.ts';
import { TcpProxy } from '../../harness/tcp-proxy.ts';
import type { Random } from '../../simulation/random.ts';
import { databaseFaults, leaseMs, planeFaults, workerFaults, type Fault } from './faults.ts';
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
const portOf = ({ url }: Rig): number => Number(new URL(url).port);

/** One control plane on SQLite. */
const sqliteGround = async ({ outside, random: seeded }: GroundOptions): Promise<Ground> => {
  const random = seeded.fork();
  const project = await openFolder('longhaul-reaching-');
  await programReaching(project, outside);
  const toPlanes = await TcpProxy.to(0);
  const publicUrl = `http://127.0.0.1:${toPlanes.port}`;
  const rig = await Rig.start({
    script,
    env: { ...env, LONGHAUL_PUBLIC_URL: publicUrl },
    projectAt: () => project,
  });
  const lead = (): void => void (toPlanes.target = portOf(rig));
  lead();
  const place = { rigs: [rig], toPlanes, random, lead };
  return {
    store: 'sqlite',
    rigs: [rig],
    faults: [...workerFaults(place), ...planeFaults(place)],
    [Symbol.asyncDispose]: async () => {
      await rig[Symbol.asyncDispose]();
      await toPlanes[Symbol.asyncDispose]();
    },
  };
};

/** Two control planes on one Postgres; workers find one of them behind a balancer. */
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
  const place = { rigs: planes.all, toPlanes: planes.balancer, random, lead };
  return {
    store: 'postgres',
    rigs: planes.all,
    faults: [...workerFaults(place), ...planeFaults(place), ...databaseFaults(planes.server, { wire, random })],
    [Symbol.asyncDispose]: () => planes[Symbol.asyncDispose](),
  };
};

export const grounds = { sqlite: sqliteGround, postgres: postgresGround } as const;
