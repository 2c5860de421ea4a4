/** A process of its own that opens a store and does one of the things below with it; speaks in lines of JSON. */
import { rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { StoreError, type Store } from '../../runner/control/store/store.ts';
import { callFinished } from './runs.ts';
import { someTask } from '../fakes/task.ts';

/** Written at once, so that what was said was said even if the next thing that happens is a SIGKILL. */
const say = (line: unknown): void => {
  let left = Buffer.from(`${JSON.stringify(line)}\n`);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      // The pipe is full: whoever reads it has not come round to it yet.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
};

const lease = async (store: Store, run: string): Promise<string> => {
  const { state } = await store.create({ run, task: someTask(), dedupeKey: null });
  const activation = 'activation' in state ? state.activation : '';
  await store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil: Date.now() });
  return activation;
};

const append = async (
  store: Store,
  { run, activation }: { readonly run: string; readonly activation: string },
  output: string,
) => {
  const events = [callFinished(output)];
  const written = await store.command(run, { kind: 'append', activation, fence: 1, events });
  if (written.outcome === 'refused') throw new Error(written.refusal.message);
  return written.events;
};

/** Five runs append for ever; each answer is said; after `count` answers the process kills itself. */
const appendAndDie = async (folder: string, count: number): Promise<never> => {
  const store = await openSqliteStore({ folder });
  let answers = 0;
  const work = async (run: string): Promise<void> => {
    const activation = await lease(store, run);
    for (;;) {
      for (const event of await append(store, { run, activation }, 'x'.repeat(300))) say(event);
      if (++answers >= count) process.kill(process.pid, 'SIGKILL');
    }
  };
  await Promise.all(['run_aaaa', 'run_bbbb', 'run_cccc', 'run_dddd', 'run_eeee'].map(work));
  throw new Error('Nobody ends that loop.');
};

const hold = async (folder: string): Promise<void> => {
  await openSqliteStore({ folder });
  say('held');
  // The writer's thread keeps the process alive until it is killed.
};

/** On a small disk: appends until it is full, makes room, appends again. */
const fill = async (folder: string): Promise<void> => {
  const ballast = join(folder, '..', 'ballast');
  writeFileSync(ballast, Buffer.alloc(1024 * 1024));
  await using store = await openSqliteStore({ folder });
  const run = 'run_aaaa';
  const activation = await lease(store, run);
  let answered = 0;
  const until = async (limit: number): Promise<string> => {
    try {
      for (let count = 0; count < limit; count++) {
        await append(store, { run, activation }, 'x'.repeat(20_000));
        answered++;
      }
      return 'written';
    } catch (error) {
      return error instanceof StoreError ? error.code : String(error);
    }
  };
  const whenFull = [await until(10_000), await until(1)];
  const readWhenFull = (await store.events(run, 0, 10_000)).length - answered;
  rmSync(ballast);
  const afterwards = await until(5);
  say({ whenFull, readWhenFull, afterwards, lost: answered + 3 - (await store.events(run, 0, 10_000)).length });
};

const [what, folder = '', count = '0'] = process.argv.slice(2);
if (what === 'append') await appendAndDie(folder, Number(count));
else if (what === 'hold') await hold(folder);
else if (what === 'fill') await fill(folder);
else throw new Error(`Nothing to do: ${what}.`);
