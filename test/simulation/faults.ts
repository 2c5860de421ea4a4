import type { Process } from './process.ts';
import type { Random } from './random.ts';
import { leaseSeconds } from './plane.ts';
import type { World } from './world.ts';

/** What can befall a schedule at any micro-step. */
export const faultNames = [
  'worker killed',
  'worker stopped',
  'plane killed',
  'plane stopped',
  'plane restarted',
  'database stopped',
  'link cut',
  'clock set',
  'role cut',
] as const;
export type FaultName = (typeof faultNames)[number];

/** Does it, and says what was done; null: there was nobody for it to befall. */
export const befall = (world: World, name: FaultName, random: Random): string | null => {
  const { time, network } = world;
  const plane = random.pick(world.planes);
  const workers = world.planes.flatMap(({ engine }) => engine?.workers ?? []);
  const lease = leaseSeconds * 1000;
  const hold = (process: Process): string => {
    const ms = random.wait(2 * lease);
    process.stop();
    world.disturb(ms);
    time.after(ms, null, () => time.goOn(process));
    return `${process.name} is stopped for ${Math.round(ms)} ms`;
  };
  switch (name) {
    case 'worker killed': {
      if (workers.length === 0) return null;
      const worker = random.pick(workers);
      worker.kill();
      return `${worker.name} is killed`;
    }
    case 'worker stopped':
      return workers.length === 0 ? null : hold(random.pick(workers));
    case 'plane killed':
      if (!plane.process.alive) return null;
      plane.restart(random.wait(5_000));
      return `${plane.name} is killed`;
    case 'plane stopped':
      return plane.process.alive ? hold(plane.process) : null;
    case 'plane restarted':
      if (!plane.process.alive || plane.stopping) return null;
      plane.stopGracefully(random.wait(2_000));
      return `${plane.name} is restarted`;
    case 'database stopped': {
      const { server } = world.store;
      if (server.stopped) return null;
      const held = hold(server);
      return held;
    }
    case 'link cut': {
      const ends = [world.store.server, ...workers];
      const end = random.pick(ends);
      const ms = random.wait(lease);
      world.disturb(ms);
      network.cut(plane.name, end.name, ms);
      return `${plane.name} and ${end.name} are cut off from one another for ${Math.round(ms)} ms`;
    }
    case 'clock set': {
      const process = random.pick([plane.process, ...workers]);
      process.skewMs = random.between(-2 * lease, 2 * lease);
      return `the clock of ${process.name} is off by ${Math.round(process.skewMs)} ms`;
    }
    case 'role cut':
      if (plane.role?.held !== true) return null;
      plane.role.cut();
      return `${plane.name} loses its session with the database, and so the care for all runs`;
  }
};
