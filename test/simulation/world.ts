import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { someTask } from '../fakes/task.ts';
import type { RunEvent, Task } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import { Auditor } from './auditor.ts';
import type { Database } from './database.ts';
import { befall, faultNames, type FaultName } from './faults.ts';
import type { Character } from './model.ts';
import { Network } from './network.ts';
import { Outside } from './outside.ts';
import { People } from './people.ts';
import { Plane } from './plane.ts';
import { Process } from './process.ts';
import { Random } from './random.ts';
import { ContendedRole } from './role.ts';
import type { Sqlite } from './sqlite.ts';
import { SharedStore, type StoreSabotage } from './store.ts';
import { VirtualTime } from './time.ts';
import { Disk, type DiskSabotage } from './workspace.ts';
import { headOf } from '../../shared/run/state.ts';

/** Defences that a test switches off, to see that the simulation finds it. */
export interface Sabotage extends StoreSabotage, DiskSabotage {
  /** Nobody ends a worker that did not notice that its lease is over. */
  readonly sparesWorkers?: boolean;
  /** Workers hear of no message that comes while they work. */
  readonly deaf?: boolean;
  /** Who once had the role thinks that it has it for good. */
  readonly keepsRole?: boolean;
  /** What a task says where it should say something else. */
  readonly task?: (task: Task) => Task;
}

/** The most that a schedule may take, in micro-steps and in its own time. Far more than any needs. */
const mostSteps = 60_000;
const calmMs = 3_600_000;
/** After what befell somebody is over, how long it may show, ms; and how soon afterwards a worker is asked for. */
const settlingMs = 60_000;
const promptMs = 5_000;

/** One schedule: everything there is in it, made from its seed. */
export class World {
  readonly seed: number;
  readonly random: Random;
  readonly time = new VirtualTime();
  readonly network: Network;
  readonly outside = new Outside();
  readonly auditor: Auditor;
  readonly disk: Disk;
  readonly store: SharedStore;
  readonly planes: readonly Plane[];
  readonly runs: readonly string[];
  readonly sabotage: Sabotage;
  /** What was done to it, and when. */
  readonly history: { readonly at: number; readonly what: string }[] = [];
  steps = 0;
  readonly #database: Database;
  /** Sessions with the database over which the role is contended for. */
  readonly #connected = new Set<string>();
  readonly #people: People;
  readonly #slowness: number;
  /** Activations that an engine was given. */
  readonly dispatched = new Set<string>();
  #disturbedUntil = 0;
  /** Nothing befalls anybody but that the runner is stopped in order and started again: that must cost a run nothing. */
  readonly #mild: boolean;
  #ids = 0;

  constructor(seed: number, { sqlite, sabotage = {} }: { readonly sqlite: Sqlite; readonly sabotage?: Sabotage }) {
    this.seed = seed;
    const database = sqlite.next({
      now: () => this.time.now,
      isConnected: (holder) => this.#connected.has(holder),
    });
    this.#database = database;
    this.sabotage = sabotage;
    this.random = new Random(seed);
    const { random, time } = this;
    this.network = new Network(time, random.fork());
    this.disk = new Disk(sabotage);
    this.#slowness = random.pick([0, 0.02, 0.2]);
    this.#mild = random.chance(0.1);
    this.disturb(0);
    this.planes = Array.from({ length: random.chance(0.4) ? 2 : 1 }, (_, index) => new Plane(this, `plane${index}`));
    this.store = new SharedStore(new Process('database'), {
      time,
      random: random.fork(),
      network: this.network,
      database,
      prefix: `s${seed}a`,
      sabotage,
      local: this.planes.length === 1,
      onEvents: (events, state) => this.#committed(events, state),
      onInRole: (run, fence) => this.auditor.inRole(run, fence, this.time.now),
    });
    this.runs = Array.from({ length: random.chance(0.15) ? 2 : 1 }, (_, index) => `run_s${seed}x${index}`);
    const people = new People(this, random.fork());
    this.auditor = new Auditor((state) => people.staysOver(state));
    this.#people = people;
  }

  get several(): boolean {
    return this.planes.length > 1;
  }

  newId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}_s${this.seed}x${this.#ids}`;
  }

  nextPid(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** How long a worker takes to start: a moment, or on a loaded machine a minute and more. */
  startMs(): number {
    return this.random.chance(this.#slowness) ? this.random.wait(60_000) : 100 + this.random.wait(200);
  }

  characterOf(run: string): Character {
    const random = new Random(this.seed * 31 + this.runs.indexOf(run));
    return { seed: random.below(1e9), turns: random.chance(0.7) ? 1 : 2, failing: random.pick([0, 0, 0.1]) };
  }

  blob(content: Buffer): string {
    return createHash('sha256').update(content).digest('hex');
  }

  /** Something is not as it should be for so long. */
  disturb(ms: number): void {
    this.#disturbedUntil = Math.max(this.#disturbedUntil, this.time.now + ms);
  }

  /** Where nothing has been amiss for a while, a worker is asked for as soon as something is queued, and not when somebody happens to look. */
  #expectDispatch(run: string, activation: string): void {
    const { time, network } = this;
    if (network.trouble > 0 || time.now < this.#disturbedUntil + settlingMs) return;
    time.after(promptMs, null, () => {
      const { state } = this.auditor.ledger(run);
      if (state?.status !== 'queued' || state.activation !== activation || this.dispatched.has(activation)) return;
      if (time.now - promptMs < this.#disturbedUntil + settlingMs) return;
      this.auditor.blame(
        run,
        `no worker was asked for within ${promptMs} ms of ${activation}, though nothing stood in its way`,
      );
    });
  }

  #committed(events: readonly RunEvent[], state: RunState): void {
    this.auditor.committed(events, state);
    for (const { body } of events)
      if (body.type === 'activation.queued') this.#expectDispatch(state.id, body.activation);
  }

  /** Something threw that never should. */
  broken(what: string): void {
    this.auditor.problems.push(what);
  }

  note(what: string): void {
    this.history.push({ at: this.time.now, what });
  }

  /** For a control plane that has others beside it. The database sees a moment later when its session is gone. */
  roleOf(process: Process): ContendedRole {
    const holder = `${process.name} ${this.nextPid()}`;
    this.#connected.add(holder);
    process.onDeath(() => this.time.after(20, null, () => this.#connected.delete(holder)));
    return new ContendedRole(this, { database: this.#database, holder });
  }

  async #begin(): Promise<void> {
    for (const run of this.runs) {
      this.auditor.begin(run);
      const { answer } = await this.#database.write({
        kind: 'create',
        run,
        task: this.#task(),
        dedupeKey: null,
        now: this.time.now,
        nextActivation: this.newId('act'),
        nextDecision: this.newId('dec'),
        jitter: this.random.next(),
      });
      this.auditor.committed(answer.events, answer.state);
    }
    for (const plane of this.planes) plane.start();
  }

  #task(): Task {
    const { random } = this;
    const task = someTask({
      decisionHours: random.pick([0.05, 72]),
      setup: random.chance(0.2) ? [{ command: 'add setup', network: [], timeoutSeconds: 10 }] : [],
      verification: random.chance(0.2) ? [{ command: 'check', network: [], timeoutSeconds: 10 }] : [],
      budget: { ...defaultBudget, turns: random.pick([2, 60]), retries: random.pick([2, 10]) },
    });
    return this.sabotage.task?.(task) ?? task;
  }

  /** Plays it to its end. What was wrong is in `auditor.problems`. */
  async play(): Promise<void> {
    const { random, time, auditor, network } = this;
    using _installed = time.install(random.fork());
    await this.#begin();
    const rate = random.pick([0.005, 0.02, 0.1]);
    network.trouble = this.#mild ? 0 : random.pick([0, 0.02, 0.1]);
    const names: readonly FaultName[] = this.#mild ? ['plane restarted'] : faultNames;
    let faults = random.below(12);
    while (faults > 0 && !auditor.allOver && (await this.#step())) {
      if (!random.chance(rate)) continue;
      const done = befall(this, random.pick(names), random);
      if (done === null) continue;
      this.note(done);
      faults -= 1;
    }
    network.trouble = 0;
    this.disturb(0);
    this.#people.pace = 3_000;
    this.#people.meddling = false;
    const until = time.now + calmMs;
    while (!auditor.allOver && time.now < until && this.steps < mostSteps && (await this.#step()));
    for (const run of this.runs) {
      const { state } = auditor.ledger(run);
      const head = state === null ? null : headOf(state);
      auditor.close(run, { outside: this.outside, lines: head === null ? null : this.disk.linesOf(head) });
      if (this.#mild) this.#expectNoLoss(run);
      await this.#compareWithStore(run);
    }
  }

  #expectNoLoss(run: string): void {
    for (const { body } of this.auditor.ledger(run).events)
      if (body.type === 'activation.lost')
        this.auditor.blame(
          run,
          `${body.activation} was lost (${body.reason}), and all that happened was a stop in order`,
        );
  }

  /** Of all that happened: two schedules that have the same one were the same, step by step. */
  digest(): string {
    const { time, steps, history, outside, auditor } = this;
    const logs = this.runs.map((run) => auditor.ledger(run).events);
    const all = { trace: time.trace, now: time.now, steps, history, outside: outside.requests, logs };
    return createHash('sha256')
      .update(JSON.stringify([all, auditor.problems]))
      .digest('hex')
      .slice(0, 16);
  }

  /** What is derived of a log is what the log says. */
  async #compareWithStore(run: string): Promise<void> {
    const { reads } = this.#database;
    const events = await reads.events(run, 0, 100_000);
    const { events: seen, state } = this.auditor.ledger(run);
    if (!isDeepStrictEqual(events, seen)) this.auditor.blame(run, 'its log is not what was committed');
    if (!isDeepStrictEqual(await reads.state(run), state)) this.auditor.blame(run, 'its row is not what was committed');
  }

  async #step(): Promise<boolean> {
    this.steps += 1;
    return this.time.step();
  }
}
