import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import type { Store } from '../../runner/control/store/store.ts';
import { leasedRun, step, stepEvent } from './store-run.ts';

/** Microseconds of one operation. */
interface Times {
  readonly p50: number;
  readonly mean: number;
}

export interface StepFigures {
  readonly raw: Times;
  readonly store: Times;
  /** Store against raw, p50: 2 or less is what we hold ourselves to. */
  readonly ratio: number;
  /** Null: strace is not there to count them. 1.1 or less is the aim. */
  readonly fsyncsPerStep: number | null;
}

export interface GroupFigures {
  readonly runs: number;
  /** Appends a second through the store, all runs at once. */
  readonly grouped: number;
  /** The same through a store that gives each write a commit of its own. */
  readonly commitEach: number;
  /** Grouped against a commit each: 4 or more is the aim. */
  readonly ratio: number;
  /** Bare inserts into `node:sqlite`, a commit each: no store, no projections, no thread. */
  readonly raw: number;
}

const scratch = (): Disposable & { readonly path: string } => {
  const path = mkdtempSync(join(tmpdir(), 'longhaul-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

/** The least that is durable: one prepared insert of the same event, WAL, synchronous=FULL, a commit each. */
export const rawLog = (folder: string): Disposable & { append(count: number): void } => {
  const db = new DatabaseSync(join(folder, 'raw.db'));
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  db.exec(
    'create table log (position integer primary key, run text not null, seq integer not null, body text not null)',
  );
  const insert = db.prepare('insert into log (run, seq, body) values (?, ?, ?)');
  let seq = 0;
  return {
    append: (count) => {
      for (let done = 0; done < count; done++) insert.run('run_bench', ++seq, JSON.stringify(stepEvent));
    },
    [Symbol.dispose]: () => db.close(),
  };
};

const timesOf = (samples: readonly number[]): Times => ({
  p50: samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0,
  mean: samples.reduce((sum, sample) => sum + sample, 0) / samples.length,
});

/** A durable step through the store and a raw append, in turn on the same disk, so that its moods hit both alike. */
export const benchDurableStep = async (steps = 1000): Promise<StepFigures> => {
  using folder = scratch();
  using raw = rawLog(folder.path);
  await using store = await openSqliteStore({ folder: join(folder.path, 'store') });
  const run = await leasedRun(store, 'run_bench');
  const rawTimes: number[] = [];
  const storeTimes: number[] = [];
  // The first fifth warms both up.
  const warm = Math.ceil(steps / 5);
  for (let batch = 1; batch <= steps + warm; batch++) {
    const start = performance.now();
    raw.append(1);
    const between = performance.now();
    await step(store, run, batch);
    const end = performance.now();
    if (batch <= warm) continue;
    rawTimes.push((between - start) * 1000);
    storeTimes.push((end - between) * 1000);
  }
  const [rawly, stored] = [timesOf(rawTimes), timesOf(storeTimes)];
  return { raw: rawly, store: stored, ratio: stored.p50 / rawly.p50, fsyncsPerStep: countFsyncs(steps) };
};

/** Fsyncs of `steps` durable steps, opening and closing left out; null where there is no strace. */
const countFsyncs = (steps: number): number | null => {
  const few = fsyncsOf(10);
  const many = few === null ? null : fsyncsOf(10 + steps);
  return few === null || many === null ? null : (many - few) / steps;
};

const fsyncsOf = (steps: number): number | null => {
  using folder = scratch();
  const counts = join(folder.path, 'counts');
  const program = fileURLToPath(new URL('./store-steps.ts', import.meta.url));
  const trace = ['-f', '-c', '-o', counts, '-e', 'trace=fsync,fdatasync'];
  try {
    execFileSync('strace', [...trace, process.execPath, program, join(folder.path, 'store'), String(steps)]);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  // Columns of strace -c: % time, seconds, usecs/call, calls, [errors,] syscall.
  const lines = readFileSync(counts, 'utf8').matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*\b(?:fsync|fdatasync)$/gm);
  return [...lines].reduce((sum, [, calls]) => sum + Number(calls), 0);
};

/** So many runs at once, each a worker that appends one event after the other; three ways in turn, on the same disk. */
export const benchGroups = async (runs = 50, stepsOfEach = 200): Promise<GroupFigures> => {
  using folder = scratch();
  using raw = rawLog(folder.path);
  await using grouping = await openSqliteStore({ folder: join(folder.path, 'grouping') });
  await using committing = await openSqliteStore({ folder: join(folder.path, 'committing'), groupSize: 1 });
  const grouped = await crowd(grouping, runs);
  const commitEach = await crowd(committing, runs);
  await grouped(20);
  await commitEach(2);
  const rates: Record<'grouped' | 'commitEach' | 'raw', number[]> = { grouped: [], commitEach: [], raw: [] };
  const rounds = 10;
  const steps = Math.ceil(stepsOfEach / rounds);
  for (let round = 0; round < rounds; round++) {
    rates.grouped.push(await rateOf(steps * runs, () => grouped(steps)));
    // A tenth of the work: each takes about as long as the grouped ones together.
    rates.commitEach.push(await rateOf(Math.ceil(steps / 10) * runs, () => commitEach(Math.ceil(steps / 10))));
    rates.raw.push(await rateOf(steps, () => raw.append(steps)));
  }
  const [each, all] = [timesOf(rates.commitEach).p50, timesOf(rates.grouped).p50];
  return { runs, grouped: all, commitEach: each, ratio: all / each, raw: timesOf(rates.raw).p50 };
};

/** Bytes of RSS that one parked run costs the process that holds the store: 2,000 or less is the aim (20 MB for 10,000). */
export const benchParkedRun = (runs = 10_000): number => {
  using folder = scratch();
  const program = fileURLToPath(new URL('./store-parked.ts', import.meta.url));
  // A small young generation: what V8 takes because there was much to do is not what the runs cost.
  const parameters = ['--expose-gc', '--max-semi-space-size=4', program, join(folder.path, 'store'), String(runs)];
  const output = execFileSync(process.execPath, parameters, { encoding: 'utf8' });
  // safe: that program writes exactly this
  const { before, after } = JSON.parse(output) as { readonly before: number; readonly after: number };
  return (after - before) / runs;
};

/** Operations a second. */
const rateOf = async (operations: number, work: () => Promise<void> | void): Promise<number> => {
  const start = performance.now();
  await work();
  return (operations * 1000) / (performance.now() - start);
};

/** Workers that all do so many steps more, each time it is called. */
const crowd = async (store: Store, runs: number): Promise<(steps: number) => Promise<void>> => {
  const leased = await Promise.all(Array.from({ length: runs }, (_, index) => leasedRun(store, `run_bench${index}`)));
  let done = 0;
  return async (steps) => {
    const from = done + 1;
    done += steps;
    await Promise.all(
      leased.map(async (run) => {
        for (let batch = from; batch < from + steps; batch++) await step(store, run, batch);
      }),
    );
  };
};
