import type { Engine, HeldBy, Lost } from '../../runner/control/engine/engine.ts';
import type { Ticket } from '../../shared/api/worker-api.ts';
import type { Plane } from './plane.ts';
import type { Process } from './process.ts';
import { startWorker, type Left } from './worker.ts';
import type { World } from './world.ts';

interface Job {
  readonly run: string;
  readonly activation: string;
  readonly cancel: AbortController;
  /** Null while it is starting. */
  worker: Process | null;
}

/** Time that a worker which was told to leave has for it, ms. */
const graceMs = 2_000;

/** The engine of child processes, by its contract: each worker is a child of the control plane and ends with it. */
export class ChildEngine implements Engine {
  readonly kind = 'embedded';
  readonly #world: World;
  readonly #plane: Plane;
  readonly #owner: Process;
  readonly #workersOf: string;
  readonly #jobs = new Map<string, Job>();
  readonly #seen = new Set<string>();
  readonly #lost: ((lost: Lost) => void)[] = [];
  readonly #free: (() => void)[] = [];
  #closed = false;

  constructor(world: World, plane: Plane, options: { readonly owner: Process; readonly workersOf: string }) {
    this.#world = world;
    this.#plane = plane;
    this.#owner = options.owner;
    this.#workersOf = options.workersOf;
    // Their channel closes, which they notice a little later.
    this.#owner.onDeath(() => {
      for (const { worker } of this.#jobs.values()) world.time.after(20, null, () => worker?.kill());
    });
  }

  get workers(): readonly Process[] {
    return [...this.#jobs.values()].flatMap(({ worker }) => (worker?.alive === true ? [worker] : []));
  }

  parked(): void {}

  onSaid(): void {}

  troubles(): readonly string[] {
    return [];
  }

  capacity(): number {
    return this.#closed ? 0 : Math.max(0, 3 - this.#jobs.size);
  }

  async dispatch(ticket: Ticket): Promise<void> {
    const { run, activation } = ticket;
    if (this.#closed || this.#seen.has(activation)) return;
    this.#seen.add(activation);
    this.#world.dispatched.add(activation);
    // Whoever held this run has lost it.
    for (const other of this.#jobs.values()) if (other.run === run) this.#end(other);
    const job: Job = { run, activation, cancel: new AbortController(), worker: null };
    this.#jobs.set(activation, job);
    this.#world.time.after(this.#world.startMs(), null, () => this.#start(job, ticket));
  }

  #start(job: Job, ticket: Ticket): void {
    if (!this.#owner.alive || this.#closed || this.#jobs.get(job.activation) !== job) return;
    if (job.cancel.signal.aborted) return this.#left(job, null);
    const name = `${this.#plane.name} child ${this.#world.nextPid()}`;
    job.worker = startWorker(this.#world, { plane: this.#plane, ticket, name, signal: job.cancel.signal }, (left) =>
      this.#left(job, left),
    );
  }

  #left(job: Job, left: Left): void {
    this.#world.time.after(10, this.#owner, () => {
      if (this.#jobs.get(job.activation) !== job) return;
      this.#jobs.delete(job.activation);
      if (this.#closed) return;
      const { run, activation, cancel } = job;
      if (left?.lost === true && !cancel.signal.aborted)
        for (const tell of this.#lost) tell({ run, activation, reason: left.reason });
      for (const tell of this.#free) tell();
    });
  }

  cancel(activation: string): void {
    const job = this.#jobs.get(activation);
    if (job === undefined || job.cancel.signal.aborted) return;
    const { worker } = job;
    this.#world.time.after(5, worker, () => job.cancel.abort());
    this.#world.time.after(graceMs, null, () => this.#end(job));
  }

  #end({ worker }: Job): void {
    if (this.#world.sabotage.sparesWorkers !== true) worker?.kill();
  }

  having(run: string): readonly string[] {
    return [...this.#jobs.values()].flatMap((job) => (job.run === run ? [job.activation] : []));
  }

  release(): void {}

  onLost(listener: (lost: Lost) => void): void {
    this.#lost.push(listener);
  }

  onFree(listener: () => void): void {
    this.#free.push(listener);
  }

  async resume(held: readonly HeldBy[]): Promise<readonly Lost[]> {
    return held
      .filter(({ activation, worker }) => (worker ?? '').startsWith(this.#workersOf) && !this.#jobs.has(activation))
      .map(({ run, activation }) => ({ run, activation, reason: 'the runner was restarted' }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const { worker } of this.#jobs.values()) worker?.kill();
  }
}
