import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresServer } from '../../harness/postgres.ts';
import { descendants } from '../../harness/processes.ts';
import type { Rig } from '../../harness/rig.ts';
import type { Fate, TcpProxy } from '../../harness/tcp-proxy.ts';
import type { Random } from '../../simulation/random.ts';

/** Something that goes wrong, and comes right again. */
export interface Fault {
  readonly name: string;
  readonly victim: 'worker' | 'plane' | 'database';
  /** Whether something is killed without a word: these are the ones that are counted as kills. */
  readonly kills: boolean;
  /** Whether it lasts so long that others come before it is over. */
  readonly long: boolean;
  /** How often it is drawn beside the others. */
  readonly weight: number;
  /** Resolves when what it befell is there again; false: there was nothing to befall. */
  strike(): Promise<boolean>;
}

export const leaseMs = 8_000;

/** So long that a lease is over whatever happens, ms. */
const longerThanLease = (random: Random): number => leaseMs * random.between(1.2, 1.8);

const signalTo = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // It may have ended by itself since it was looked for.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
};

/** Until it is up: what it needs may be away, too. */
export const bringUp = async (rig: Rig): Promise<void> => {
  for (let attempt = 1; ; attempt += 1)
    try {
      await rig.start();
      return;
    } catch (error) {
      if (attempt === 30) throw error;
      await pause(500);
    }
};

const stopped = async (pids: readonly number[], ms: number): Promise<boolean> => {
  const still = pids.filter((pid) => signalTo(pid, 'SIGSTOP'));
  await pause(ms);
  for (const pid of still) signalTo(pid, 'SIGCONT');
  return still.length > 0;
};

/** `wire`: what is between workers and planes, or planes and database. */
const onWire = (wire: TcpProxy, fate: Fate, random: Random): Fault['strike'] => {
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wire.fateOf = () => {
        wire.fateOf = () => 'pass';
        resolve();
        return fate;
      };
    });
  switch (fate) {
    case 'cut':
      return async () => {
        wire.cut();
        return true;
      };
    case 'lose the answer':
      return async () => {
        const over = new AbortController();
        await Promise.race([next(), pause(2_000, undefined, { signal: over.signal }).catch(() => undefined)]);
        over.abort();
        wire.fateOf = () => 'pass';
        return true;
      };
    case 'hang':
      return async () => {
        wire.fateOf = () => 'hang';
        await pause(longerThanLease(random));
        wire.fateOf = () => 'pass';
        return true;
      };
    case 'pass':
      throw new Error('nothing would go wrong');
  }
};

export interface Place {
  readonly rigs: readonly Rig[];
  readonly random: Random;
  /** Sends workers and clients to one who serves, and not to this one if there is another. Each start of a plane gives it another port. */
  readonly lead: (awayFrom: Rig | null) => void;
}

export const workerFaults = ({ rigs, random }: Place): readonly Fault[] => {
  const one = async (): Promise<number | null> => {
    const rig = random.pick(rigs);
    const workers = rig.client === null ? [] : await rig.workers().catch(() => []);
    return workers.length === 0 ? null : random.pick(workers);
  };
  const fault = (name: string, weight: number, befall: (pid: number) => Promise<boolean>): Fault => ({
    name,
    victim: 'worker',
    kills: name === 'killed',
    long: /^(stopped|frozen)/.test(name),
    weight,
    strike: async () => {
      const pid = await one();
      return pid !== null && befall(pid);
    },
  });
  return [
    fault('killed', 60, async (pid) => signalTo(pid, 'SIGKILL')),
    fault('stopped for longer than its lease', 1, (pid) => stopped([pid], longerThanLease(random))),
    fault('frozen with all that is below it', 1, async (pid) =>
      stopped([pid, ...(await descendants(pid))], longerThanLease(random)),
    ),
    fault('slow', 1, (pid) => stopped([pid], random.between(500, 3_000))),
  ];
};

/** Of workers that ask over HTTP. */
export const workerWireFaults = (toPlanes: TcpProxy, random: Random): readonly Fault[] => {
  const fault = (name: string, fate: Fate): Fault => ({
    name,
    victim: 'worker',
    kills: false,
    long: fate === 'hang',
    weight: 1,
    strike: onWire(toPlanes, fate, random),
  });
  return [
    fault('cut off', 'cut'),
    fault('not told the answer', 'lose the answer'),
    fault('talking into a black hole', 'hang'),
  ];
};

export const planeFaults = ({ rigs, random, lead }: Place): readonly Fault[] => {
  const up = async (rig: Rig): Promise<boolean> => {
    await bringUp(rig);
    lead(null);
    return true;
  };
  const down = async (rig: Rig, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> => {
    const gone = rig.kill(signal);
    lead(rig);
    await gone;
  };
  const fault = (name: string, weight: number, befall: (rig: Rig) => Promise<boolean>): Fault => ({
    name,
    victim: 'plane',
    kills: name.startsWith('killed'),
    long: /^stopped|black hole/.test(name),
    weight,
    strike: () => befall(random.pick(rigs)),
  });
  return [
    fault('killed', 12, async (rig) => {
      await down(rig);
      return up(rig);
    }),
    fault('killed, and away for a while', 1, async (rig) => {
      await down(rig);
      await pause(random.between(1_000, 6_000));
      return up(rig);
    }),
    fault('killed, and again as it begins', 2, async (rig) => {
      await down(rig);
      const begun = rig.start().catch(() => {});
      await pause(random.between(50, 1_500));
      await down(rig);
      await begun;
      return up(rig);
    }),
    fault('told to stop', 2, async (rig) => {
      await down(rig, 'SIGTERM');
      return up(rig);
    }),
    fault('stopped with its connections open', 1, async (rig) =>
      // With others beside it, sometimes for longer than it may hold a role.
      rig.client === null ? false : stopped([rig.pid], random.chance(0.3) ? 12_000 : longerThanLease(random)),
    ),
  ];
};

export const databaseFaults = (
  server: PostgresServer,
  { wire, random }: { readonly wire: TcpProxy; readonly random: Random },
): readonly Fault[] => {
  const fault = (name: string, weight: number, strike: Fault['strike']): Fault => ({
    name,
    victim: 'database',
    kills: name.startsWith('killed'),
    long: /^stopped|black hole/.test(name),
    weight,
    strike,
  });
  const restart = (how: 'fast' | 'immediate', ms: () => number) => async (): Promise<boolean> => {
    await server.stop(how);
    await pause(ms());
    await server.start();
    return true;
  };
  return [
    fault(
      'killed',
      12,
      restart('immediate', () => 0),
    ),
    fault(
      'killed, and away for a while',
      1,
      restart('immediate', () => random.between(500, 4_000)),
    ),
    fault(
      'told to stop',
      1,
      restart('fast', () => 0),
    ),
    fault('stopped with its connections open', 1, async () => {
      const { pid } = server;
      return pid !== null && stopped([pid, ...(await descendants(pid))], random.between(500, longerThanLease(random)));
    }),
    fault('cut off', 1, onWire(wire, 'cut', random)),
    fault('not heard answering', 2, onWire(wire, 'lose the answer', random)),
    fault('behind a black hole', 1, onWire(wire, 'hang', random)),
  ];
};
