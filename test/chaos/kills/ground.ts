import { Planes } from '../../harness/planes.ts';
import { programReaching, type OutsideServer } from '../../harness/outside.ts';
import { openFolder, Rig } from '../../harness/rig.ts';
import { script } from './scenario.ts';

/** What is killed, and comes back. */
interface Victim {
  readonly name: 'worker' | 'plane' | 'database';
  /** Resolves when it has been killed and whatever starts it again has. */
  kill(): Promise<void>;
}

/** Where runs are played: something that serves, and what can be killed of it. */
export interface Ground extends AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres';
  readonly rigs: readonly Rig[];
  readonly victims: readonly Victim[];
}

const env = { LONGHAUL_WORKERS: '3', LONGHAUL_LEASE_SECONDS: '5' } as const;

const killWorker = async (rig: Rig, pick: <Item>(items: readonly Item[]) => Item): Promise<void> => {
  const workers = await rig.workers();
  if (workers.length === 0) return;
  try {
    process.kill(pick(workers), 'SIGKILL');
  } catch (error) {
    // It may have ended by itself since they were looked for.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

export interface GroundOptions {
  readonly outside: OutsideServer;
  readonly pick: <Item>(items: readonly Item[]) => Item;
}

/** One control plane on SQLite. */
export const sqliteGround = async ({ outside, pick }: GroundOptions): Promise<Ground> => {
  const project = await openFolder('longhaul-reaching-');
  await programReaching(project, outside);
  const rig = await Rig.start({ script, env, projectAt: () => project });
  return {
    kind: 'sqlite',
    rigs: [rig],
    victims: [
      { name: 'worker', kill: () => killWorker(rig, pick) },
      {
        name: 'plane',
        kill: async () => {
          await rig.kill();
          await rig.start();
        },
      },
    ],
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
};

/** Two control planes on one Postgres. */
export const postgresGround = async ({ outside, pick }: GroundOptions): Promise<Ground> => {
  const project = await openFolder('longhaul-reaching-');
  await programReaching(project, outside);
  const planes = await Planes.open({ script, env, projectAt: () => project, publicUrl: null });
  return {
    kind: 'postgres',
    rigs: planes.all,
    victims: [
      { name: 'worker', kill: () => killWorker(pick(planes.all), pick) },
      {
        name: 'plane',
        kill: async () => {
          const plane = pick(planes.all);
          await plane.kill();
          await plane.start();
        },
      },
      {
        name: 'database',
        kill: async () => {
          await planes.server.stop('immediate');
          await planes.server.start();
        },
      },
    ],
    [Symbol.asyncDispose]: () => planes[Symbol.asyncDispose](),
  };
};
