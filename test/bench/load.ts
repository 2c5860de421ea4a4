import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runTask } from '../../runner/trigger-dev/protocol.ts';
import { snapshotForUpload, type Upload } from '../../runner/machine/repository/upload.ts';
import { startFakeTrigger } from '../fakes/trigger/index.ts';
import { Planes } from '../harness/planes.ts';
import { cpuMs } from '../harness/processes.ts';
import { repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';
import { configFile, triggerSettings, workerTasks } from '../harness/trigger.ts';
import { checkLoad, type Done } from './load-check.ts';
import { Follower, oneRun, type Times } from './load-clients.ts';
import { asks, loadScript, paceMs, type Journal } from './load-script.ts';
import type { Bench, Row } from './rows.ts';
import { timeOf } from './run-times.ts';
import { inMs, p50, quantile } from './statistics.ts';
import { openWorkerPool } from './worker-pool.ts';

/** Measured runs, and how many at once: each client has one, which it delegates, answers and reviews. */
interface Size {
  readonly runs: number;
  readonly atOnce: number;
}
const runs = Number(process.env['LONGHAUL_LOAD_RUNS'] ?? 150);
const large: Size = { runs, atOnce: 50 };
/** As many as an embedded engine on two cores has room for, where each is a process; beside it the other, with as few. */
const small: Size = { runs: Math.max(40, Math.ceil(runs / 5)), atOnce: 4 };
/** A task that is over tidies up, and a client does not wait for that: there must be room for its next run. */
const roomFor = ({ atOnce }: Size): string => String(2 * atOnce);
/** Processes that have the tasks of all of Trigger.dev's machines. */
const machines = 2;

interface Side extends AsyncDisposable {
  readonly planes: readonly Rig[];
  /** When an activation was given to the engine, ms since the epoch; NaN where nobody can tell. */
  readonly dispatchedAt: (activation: string) => number;
  /** Throws where there were other tasks than these activations have. */
  check(activations: number): Promise<void>;
}

type Open = (journal: Journal, size: Size) => Promise<Side>;

/** Two control planes on one Postgres, with fsync, and workers that a Trigger.dev is asked for. */
const beyondOneMachine: Open = async (journal, size) => {
  await using stack = new AsyncDisposableStack();
  const folder = await openFolder('longhaul-load-');
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const { PATH = '/usr/bin:/bin' } = process.env;
  const env = { PATH, OPENAI_API_KEY: 'sk-fake', LONGHAUL_WORKER_FOLDER: folder };
  const pool = stack.use(openWorkerPool(machines, env));
  const program = { configFile, tasks: { [runTask]: workerTasks }, env };
  const fake = stack.use(await startFakeTrigger({ program, execute: (...given) => pool.execute(...given) }));
  const settings = { ...triggerSettings(fake), LONGHAUL_WORKERS: roomFor(size) };
  const planes = stack.use(await Planes.open({ script: loadScript(journal), paceMs, env: settings }));
  const held = stack.move();
  return {
    planes: planes.all,
    dispatchedAt: (activation) =>
      fake.world.runs.find(({ idempotencyKey }) => idempotencyKey === activation)?.createdAt.getTime() ?? Number.NaN,
    check: async (activations) => {
      const { world } = fake;
      // The last of them tidy up after what they wrote.
      await world.until(() => (world.runs.every(({ execution }) => execution === null) ? true : undefined));
      const ended = world.runs.filter(({ status }) => status === 'COMPLETED').length;
      if (ended === activations && world.runs.length === activations) return;
      throw new Error(`${world.runs.length} tasks, of which ${ended} ended, for ${activations} activations`);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
};

/** As Longhaul is on one machine: a file, and child processes. */
const onOneMachine: Open = async (journal, size) => {
  const env = { LONGHAUL_WORKERS: roomFor(size) };
  const rig = await Rig.start({ script: loadScript(journal), paceMs, env });
  return {
    planes: [rig],
    dispatchedAt: () => Number.NaN,
    check: async () => {},
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
};

interface Result {
  readonly perMinute: number;
  /** Of the log. */
  readonly eventsPerSecond: number;
  readonly times: Times;
  /** Ms from an activation's being on record to its being given to the engine. */
  readonly dispatch: readonly number[];
  /** Ms of CPU of all control planes for each run. */
  readonly cpu: number;
}

interface Load {
  readonly size: Size;
  /** Of each client. */
  readonly uploads: readonly Upload[];
  /** Told of each run that is over. */
  readonly done: Done[];
}

const noTimes = (): Times => ({ delegate: [], begin: [], lease: [], wake: [], whole: [] });

/**
 * As many clients as there are to be runs at once: each has one, and when that is over the next. They come one by one, so
 * that workers that have to be started first are; what is measured begins when all are there.
 */
const drive = async ({ planes, dispatchedAt }: Side, { size: { runs }, uploads, done }: Load) => {
  await using stack = new AsyncDisposableStack();
  const followers = planes.map((plane) => stack.use(new Follower({ url: plane.url, token: plane.token })));
  const times = noTimes();
  let next = 0;
  let first = Infinity;
  const client = async (upload: Upload, follower: Follower, begun: () => void): Promise<void> => {
    while (next < first + runs) {
      const label = next++;
      const run = await oneRun({ follower, upload, times: label < first ? noTimes() : times }, label, begun);
      done.push({ label, run });
    }
  };
  const all: Promise<void>[] = [];
  for (const [index, upload] of uploads.entries()) {
    const { promise: there, resolve: begun } = Promise.withResolvers<void>();
    const follower = followers[index % followers.length]!;
    const one = client(upload, follower, begun);
    all.push(one);
    await Promise.race([there, one]);
  }
  first = next;
  const cpu = (): Promise<number> =>
    Promise.all(planes.map(({ pid }) => cpuMs(pid))).then((each) => each.reduce((sum, ms) => sum + ms, 0));
  const [began, doneBefore, eventsBefore, cpuBefore] = [
    performance.now(),
    done.length,
    followers[0]!.events.length,
    await cpu(),
  ];
  await Promise.all(all);
  const seconds = (performance.now() - began) / 1000;
  const ended = done.length - doneBefore;
  const measured = followers[0]!.events.slice(eventsBefore);
  const result: Result = {
    perMinute: (ended * 60) / seconds,
    eventsPerSecond: measured.length / seconds,
    times,
    dispatch: measured.flatMap((event) =>
      event.body.type === 'activation.queued' ? [dispatchedAt(event.body.activation) - timeOf(event)] : [],
    ),
    cpu: ((await cpu()) - cpuBefore) / ended,
  };
  const { position } = await followers[0]!.api.call.runs.list.query({});
  for (const follower of followers) await follower.received(position);
  return { result, feeds: followers.map(({ events }) => events) };
};

const load = async (open: Open, size: Size, uploads: readonly Upload[]): Promise<Result> => {
  const journal: Journal = new Map();
  const done: Done[] = [];
  await using side = await open(journal, size);
  const { result, feeds } = await drive(side, { size, uploads: uploads.slice(0, size.atOnce), done });
  checkLoad({ done, journal, feeds });
  await side.check(done.reduce((sum, { label }) => sum + (asks(label) ? 2 : 1), 0));
  return result;
};

/** A small repository for each client, as its client would upload it. */
const uploadOf = async (folder: string, client: number): Promise<Upload> => {
  const repository = await repositoryWith({ 'notes.txt': 'alpha\n', 'client.txt': `${client}\n` });
  const scratch = path.join(folder, String(client));
  await mkdir(scratch);
  const tips = async () => ({ outcome: 'none' as const, reason: 'there is no remote' });
  const upload = await snapshotForUpload({ path: repository, base: 'worktree', folder: scratch, tips });
  await rm(path.dirname(repository), { recursive: true });
  if (upload.outcome === 'refused') throw new Error(upload.reason);
  return upload;
};

/** The same runs beyond one machine and on one, one after the other. Nothing is shown unless all that must hold did. */
export const loadBench: Bench = {
  name: 'load',
  onlyByName: true,
  limitMs: 7_200_000,
  run: async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await openFolder('longhaul-uploads-');
    stack.defer(() => rm(folder, { recursive: true }));
    const uploads: Upload[] = [];
    for (let client = 0; client < large.atOnce; client += 1) uploads.push(await uploadOf(folder, client));
    const many = await load(beyondOneMachine, large, uploads);
    const few = await load(beyondOneMachine, small, uploads);
    const near = await load(onOneMachine, small, uploads);
    const spread = (samples: readonly number[]): string =>
      samples.some(Number.isNaN) ? '–' : `p50 ${inMs(p50(samples))}, p95 ${inMs(quantile(samples, 0.95))}`;
    const row = (what: string, unit: Row['unit'], shown: (result: Result) => readonly [number, string]): Row => ({
      what: `load, ${what}`,
      value: shown(many)[0],
      unit,
      target: null,
      note: `${shown(many)[1]}; ${small.atOnce} at once: ${shown(few)[1]}; embedded on SQLite, ${small.atOnce} at once: ${shown(near)[1]}`,
    });
    const rate = (what: string, unit: Row['unit'], of: (result: Result) => number): Row =>
      row(what, unit, (result) => [of(result), `${of(result).toFixed(of(result) < 10 ? 1 : 0)} ${unit}`]);
    const time = (what: string, of: (result: Result) => readonly number[]): Row =>
      row(what, 'ms', (result) => [p50(of(result)), spread(of(result))]);
    return [
      rate(
        `${large.runs} runs, ${large.atOnce} at once, two control planes on Postgres with Trigger.dev`,
        'runs/min',
        ({ perMinute }) => perMinute,
      ),
      rate('events of the log', 'events/s', ({ eventsPerSecond }) => eventsPerSecond),
      rate('CPU of the control planes for each run', 'ms', ({ cpu }) => cpu),
      time('upload and delegation, answered', ({ times }) => times.delegate),
      time('activation on record to Trigger.dev’s being asked', ({ dispatch }) => dispatch),
      time('delegation sent to a worker’s lease', ({ times }) => times.begin),
      time('answer sent to a worker’s lease', ({ times }) => times.lease),
      time('answer sent to the model asked again', ({ times }) => times.wake),
      time('delegation sent to the result in review', ({ times }) => times.whole),
    ];
  },
};
