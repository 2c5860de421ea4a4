import { describe, expect, test } from 'vitest';
import { play, seedsFrom } from './play.ts';
import type { Sabotage } from './world.ts';

/** A defence that is off shows within so many schedules. */
const enough = 1_500;

interface Shown {
  readonly withoutIt: boolean;
  readonly withIt: boolean;
}

/** Whether there is a schedule that shows the problem while the defence is off, and whether the same one does while it is on. */
const shown = async (sabotage: Sabotage, problem: RegExp): Promise<Shown> => {
  const counts = (what: string) => problem.test(what);
  const { found } = await play({ seeds: seedsFrom(1, { count: enough }), sabotage, counts });
  if (found === null) return { withoutIt: false, withIt: false };
  const { found: still } = await play({ seeds: [found.seed], counts });
  return { withoutIt: true, withIt: still !== null };
};

const onlyWithoutIt = { withoutIt: true, withIt: false };

const forgettingFences: Sabotage = {
  write: (write, state) => {
    const { command } = write;
    if (command.kind !== 'append' || state?.status !== 'working') return write;
    return { ...write, command: { ...command, activation: state.activation, fence: state.fence } };
  },
};

const forgettingBatches: Sabotage = {
  write: (write) => {
    const { batch: _batch, ...options } = write.options;
    return { ...write, options };
  },
};

const withoutDeadlines: Sabotage = {
  write: (write) => ({ ...write, options: { ...write.options, leaseUntil: Number.MAX_SAFE_INTEGER } }),
};

describe('the simulation finds', () => {
  test('a store that forgets fences', async () => {
    expect(await shown(forgettingFences, /twice|its head has|is by/)).toEqual(onlyWithoutIt);
  });

  test('a store that writes a batch again when it is sent again', async () => {
    expect(await shown(forgettingBatches, /twice|its head has|state says|never began/)).toEqual(onlyWithoutIt);
  });

  test('leases that never run out', async () => {
    expect(await shown(withoutDeadlines, /it came to no end/)).toEqual(onlyWithoutIt);
  });

  test('a restore that restores nothing', async () => {
    expect(await shown({ restoresNothing: true }, /its head has/)).toEqual(onlyWithoutIt);
  });

  test('two leases that work in one tree', async () => {
    expect(await shown({ sharesTrees: true, sparesWorkers: true }, /its head has/)).toEqual(onlyWithoutIt);
  });

  test('a worker that is told of no message', async () => {
    expect(await shown({ deaf: true }, /nobody read/)).toEqual(onlyWithoutIt);
  });
});
