import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Ticket } from '../../../../shared/api/worker-api.ts';
import type { Answered, Asked, WorkerSettings } from '../../../machine/processes/child-protocol.ts';
import type { Engine, Held, HeldBy, Lost, Said } from '../engine.ts';
import { startChild, type Child } from './child.ts';
import { recordWorkers } from './leftovers.ts';

export interface EmbeddedOptions {
  /** Program and arguments of a worker. */
  readonly command: readonly [string, ...string[]];
  /** A worker's whole environment; the model's key is in it. */
  readonly env: Readonly<Record<string, string>>;
  /** Begins the names of its workers, so that they can be told from those of others. */
  readonly plane: string;
  /** How the names of workers begin that died with an earlier process; empty: all that there are. */
  readonly workersOf: string;
  /** Activations at once. */
  readonly workers: number;
  /** Where the pids of the workers are kept. */
  readonly workersFile: string;
  readonly log: Logger;
  settingsFor(ticket: Ticket): Promise<WorkerSettings>;
  /** Answers what a worker asks over its channel, which has been given `by`. Never rejects. Without it workers ask over HTTP. */
  readonly answer?: (asked: Asked, by: Held | null) => Promise<Answered['answer']>;
  /** Ms after which it is told that a worker has not begun. */
  readonly slowMs?: number;
}

/** After so many activations a worker is replaced, so that whatever it leaks cannot grow for ever. */
const activationsPerChild = 50;
/** Time to leave an activation, or to exit, when told to. Then it is killed, which the log is made for. */
const graceMs = 2_000;
const longestPauseMs = 30_000;
/** A burst leaves more idle workers than one; they are kept for the next as long as that may still be part of it. */
const idleMs = 60_000;
/** A worker begins within a second, on a busy machine within some; what takes longer is told. */
const slowMs = 10_000;
/** Ids of finished activations that are remembered, against a second dispatch. */
const remembered = 10_000;

interface Assignment {
  readonly run: string;
  readonly activation: string;
  cancelled: boolean;
  handedOver: boolean;
  /** Tells that it has not begun; ends with it. */
  slow: NodeJS.Timeout | null;
}

interface Worker {
  readonly child: Child;
  assignment: Assignment | null;
  ready: boolean;
  served: number;
  retiring: boolean;
}

/** The engine of child processes, one of them kept warm ahead of need. They end with this process: their channel closes. */
export const embeddedEngine = (options: EmbeddedOptions): Engine => new EmbeddedEngine(options);

const free = (worker: Worker): void => {
  if (worker.assignment?.slow) clearTimeout(worker.assignment.slow);
  worker.assignment = null;
};

class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  readonly #options: EmbeddedOptions;
  readonly #workers = new Set<Worker>();
  readonly #seen = new Set<string>();
  readonly #lost: ((lost: Lost) => void)[] = [];
  readonly #said: ((said: Said) => void)[] = [];
  readonly #free: (() => void)[] = [];
  #failedStarts = 0;
  #restart: NodeJS.Timeout | null = null;
  #trim: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#record();
    this.#keepWarm();
  }

  capacity(): number {
    return this.#closed ? 0 : Math.max(0, this.#options.workers - this.#busy().length);
  }

  async dispatch(ticket: Ticket): Promise<void> {
    const { run, activation } = ticket;
    if (this.#closed || this.#seen.has(activation)) return;
    this.#remember(activation);
    const before = this.#busy().filter((worker) => worker.assignment?.run === run);
    const assignment: Assignment = { run, activation, cancelled: false, handedOver: false, slow: null };
    const worker = this.#nextIdle() ?? this.#start();
    worker.assignment = assignment;
    this.#keepWarm();
    // Whether one has begun meanwhile, the log knows.
    assignment.slow = setTimeout(() => this.#tell(worker, assignment), this.#options.slowMs ?? slowMs).unref();
    try {
      // Whoever held this run has lost it; it must not touch the workspace while another works there.
      for (const { child } of before) child.kill();
      await Promise.all(before.map(({ child }) => child.exited));
      const [ready, settings] = await Promise.all([worker.child.ready, this.#options.settingsFor(ticket)]);
      if (!ready || worker.assignment !== assignment) return;
      if (assignment.cancelled) {
        this.#finish(worker);
        return;
      }
      assignment.handedOver = true;
      const name = `${this.#options.plane} child ${worker.child.pid}`;
      worker.child.send({
        kind: 'run',
        ticket,
        settings,
        worker: name,
        asksParent: this.#options.answer !== undefined,
      });
    } catch (error) {
      this.#options.log.error({ err: error, run, activation }, 'an activation could not be handed to a worker');
      if (worker.assignment !== assignment) return;
      this.#finish(worker);
      this.#report({ run, activation, reason: 'it could not be handed to a worker' });
    }
  }

  cancel(activation: string): void {
    const worker = this.#busy().find((candidate) => candidate.assignment?.activation === activation);
    const assignment = worker?.assignment;
    if (worker === undefined || assignment === null || assignment === undefined || assignment.cancelled) return;
    assignment.cancelled = true;
    if (!assignment.handedOver) return;
    worker.child.send({ kind: 'cancel', activation });
    setTimeout(() => {
      if (worker.assignment === assignment) worker.child.kill();
    }, graceMs).unref();
  }

  having(run: string): readonly string[] {
    return this.#busy().flatMap(({ assignment }) => (assignment?.run === run ? [assignment.activation] : []));
  }

  /** A parked run has no process here. */
  release(): void {}

  /** Its worker is free in a moment, and says so; that it began is known. */
  parked(activation: string): void {
    const ended = this.#busy().find(({ assignment }) => assignment?.activation === activation);
    if (ended?.assignment?.slow) clearTimeout(ended.assignment.slow);
  }

  onSaid(listener: (said: Said) => void): void {
    this.#said.push(listener);
  }

  troubles(): readonly string[] {
    return this.#failedStarts === 0 ? [] : [`Worker processes do not start: ${this.#failedStarts} failed in a row.`];
  }

  onLost(listener: (lost: Lost) => void): void {
    this.#lost.push(listener);
  }

  onFree(listener: () => void): void {
    this.#free.push(listener);
  }

  /** Workers end with the process that started them. */
  async resume(held: readonly HeldBy[]): Promise<readonly Lost[]> {
    const alive = new Set(this.#busy().map(({ assignment }) => assignment?.activation));
    return held
      .filter(({ activation, worker }) => (worker ?? '').startsWith(this.#options.workersOf) && !alive.has(activation))
      .map(({ run, activation }) => ({ run, activation, reason: 'the runner was restarted' }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    if (this.#trim !== null) clearTimeout(this.#trim);
    const children = [...this.#workers].map(({ child }) => child);
    for (const child of children) child.send({ kind: 'stop' });
    const gone = Promise.all(children.map(({ exited }) => exited));
    const grace = new AbortController();
    await Promise.race([gone, pause(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
    for (const child of children) child.kill();
    await gone;
  }

  #busy(): Worker[] {
    return [...this.#workers].filter(({ assignment }) => assignment !== null);
  }

  #idle(): Worker[] {
    return [...this.#workers].filter(({ assignment, retiring }) => assignment === null && !retiring);
  }

  /** One that is ready, sooner than one that is still starting. */
  #nextIdle(): Worker | undefined {
    const idle = this.#idle();
    return idle.find(({ ready }) => ready) ?? idle[0];
  }

  #start(): Worker {
    const child = startChild({
      command: this.#options.command,
      env: this.#options.env,
      log: this.#options.log,
      onDone: (done) => this.#done(worker, done),
      onAsked: (asked) => this.#options.answer?.(asked, worker.assignment),
    });
    const worker: Worker = { child, assignment: null, ready: false, served: 0, retiring: false };
    this.#workers.add(worker);
    this.#record();
    void child.ready.then((ready) => {
      worker.ready = ready;
      if (ready) this.#failedStarts = 0;
    });
    void Promise.all([child.ready, child.exited]).then(([ready, how]) => this.#gone(worker, { ready, how }));
    return worker;
  }

  #done(worker: Worker, { activation, left }: { readonly activation: string; readonly left: string | null }): void {
    if (worker.assignment?.activation !== activation) return;
    const { run, cancelled } = worker.assignment;
    this.#finish(worker);
    if (left !== null && !cancelled) this.#report({ run, activation, reason: left });
  }

  #finish(worker: Worker): void {
    free(worker);
    worker.served += 1;
    if (worker.served >= activationsPerChild) this.#retire(worker);
    this.#keepWarm();
    this.#trim ??= setTimeout(() => {
      this.#trim = null;
      for (const extra of this.#idle().slice(1)) this.#retire(extra);
    }, idleMs).unref();
    this.#announceFree();
  }

  #retire(worker: Worker): void {
    worker.retiring = true;
    worker.child.send({ kind: 'stop' });
    setTimeout(() => worker.child.kill(), graceMs).unref();
  }

  #gone(worker: Worker, { ready, how }: { readonly ready: boolean; readonly how: string }): void {
    this.#workers.delete(worker);
    const { assignment } = worker;
    free(worker);
    if (this.#closed) return;
    this.#record();
    if (!worker.retiring) this.#options.log.warn({ reason: how }, 'a worker ended');
    if (!ready) this.#failedStarts += 1;
    this.#keepWarm();
    if (assignment === null) return;
    if (!assignment.cancelled) this.#report({ run: assignment.run, activation: assignment.activation, reason: how });
    this.#announceFree();
  }

  /** One worker ahead of need, as long as there is room for the work it would do. Starts that fail are spaced out. */
  #keepWarm(): void {
    if (this.#closed || this.#restart !== null || this.#idle().length > 0 || this.capacity() === 0) return;
    if (this.#failedStarts === 0) {
      this.#start();
      return;
    }
    this.#restart = setTimeout(
      () => {
        this.#restart = null;
        if (!this.#closed && this.#idle().length === 0 && this.capacity() > 0) this.#start();
      },
      Math.min(longestPauseMs, 100 * 2 ** this.#failedStarts),
    ).unref();
  }

  #tell({ child, assignment }: Worker, given: Assignment): void {
    if (this.#closed || assignment !== given || given.cancelled) return;
    const said: Said = {
      run: given.run,
      activation: given.activation,
      asked: `a worker of this machine, process ${child.pid ?? 'unknown'}`,
      said: given.handedOver ? 'it was given the run and has not begun' : 'it was started and is not ready',
      remedy: null,
      retryAt: null,
    };
    for (const listener of this.#said) listener(said);
  }

  #report(lost: Lost): void {
    for (const listener of this.#lost) listener(lost);
  }

  #announceFree(): void {
    if (this.#closed) return;
    for (const listener of this.#free) listener();
  }

  #remember(activation: string): void {
    this.#seen.add(activation);
    const [oldest] = this.#seen;
    if (this.#seen.size > remembered && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** A disk that is full takes no record, and is no reason to stop: the next change is another chance. */
  #record(): void {
    const pids = [...this.#workers].flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid]));
    try {
      recordWorkers(this.#options.workersFile, pids);
    } catch (error) {
      this.#options.log.error({ err: error }, 'the processes of workers could not be put on record');
    }
  }
}
