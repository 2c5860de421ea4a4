import { applyMetadataOperations, type FlushedRunMetadata, type RunStatus } from '@trigger.dev/core/v3';
import { execute, type Attempt, type Execution, type Finished, type Packet, type Program } from './executor.ts';

export interface FakeRun {
  readonly id: string;
  readonly task: string;
  readonly payload: string;
  /** Null, too, once a later run has taken it. */
  idempotencyKey: string | null;
  /** As they were asked for. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  updatedAt: Date;
  /** When a machine took it, and when it was over. */
  startedAt: Date | null;
  endedAt: Date | null;
  status: RunStatus;
  tags: string[];
  metadata: Record<string, unknown>;
  output: Packet | null;
  error: { readonly name?: string | undefined; readonly message: string; readonly stackTrace?: string } | null;
  attempts: number;
  /** Grows with each change to any run. */
  change: number;
  execution: Execution | null;
}

export interface FakeToken {
  readonly id: string;
  readonly key: string | null;
  readonly tags: readonly string[];
  readonly timeoutAt: Date | null;
  readonly createdAt: Date;
  completedAt: Date | null;
  status: 'WAITING' | 'COMPLETED' | 'TIMED_OUT';
  output: Packet | null;
  /** The runs that wait for it. */
  readonly waiters: Set<string>;
}

const final: ReadonlySet<RunStatus> = new Set<RunStatus>([
  'COMPLETED',
  'CANCELED',
  'FAILED',
  'CRASHED',
  'SYSTEM_FAILURE',
  'EXPIRED',
  'TIMED_OUT',
]);
const begun: ReadonlySet<RunStatus> = new Set<RunStatus>(['DEQUEUED', 'EXECUTING', 'WAITING']);
/** After these a key may be used again. */
const releasing: ReadonlySet<RunStatus> = new Set<RunStatus>([
  'FAILED',
  'CRASHED',
  'SYSTEM_FAILURE',
  'EXPIRED',
  'TIMED_OUT',
]);

export interface WorldOptions {
  /** The tasks that are deployed; null: what is triggered stays queued until the test says what becomes of it. */
  readonly program: Program | null;
  /** A wait suspends the run, as on the Cloud; else it goes on "executing". */
  readonly checkpoints: boolean;
  /** Starts an attempt at a task. Left out: in a process of its own, by Trigger.dev's executor. */
  readonly execute?: (attempt: Attempt) => Execution;
}

/** Runs and tokens as Trigger.dev keeps them, and the processes that work on them. */
export class World {
  readonly runs: FakeRun[] = [];
  readonly tokens: FakeToken[] = [];
  readonly options: WorldOptions;
  /** Set once the server listens. */
  api = { url: '', secretKey: 'tr_prod_fake' };
  /** New runs wait in the queue while it is held. */
  held = false;
  #changes = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: WorldOptions) {
    this.options = options;
  }

  get changes(): number {
    return this.#changes;
  }

  /** The first thing that `look` finds, now or after a change. */
  async until<Value>(look: () => Value | undefined): Promise<Value> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await this.#changed.promise;
    }
  }

  nextChange(): Promise<void> {
    return this.#changed.promise;
  }

  run(id: string): FakeRun | undefined {
    return this.runs.find((each) => each.id === id);
  }

  trigger(
    task: string,
    payload: string,
    options: Readonly<Record<string, unknown>>,
  ): { run: FakeRun; cached: boolean } {
    const key = typeof options['idempotencyKey'] === 'string' ? options['idempotencyKey'] : null;
    const known = key === null ? undefined : this.runs.findLast((each) => each.idempotencyKey === key);
    if (known !== undefined && !releasing.has(known.status)) return { run: known, cached: true };
    if (known !== undefined) known.idempotencyKey = null;
    const tags = options['tags'];
    const run: FakeRun = {
      id: `run_fake${this.runs.length + 1}`,
      task,
      payload,
      idempotencyKey: key,
      options,
      createdAt: new Date(),
      updatedAt: new Date(),
      startedAt: null,
      endedAt: null,
      status: 'QUEUED',
      tags: Array.isArray(tags) ? tags.map(String) : typeof tags === 'string' ? [tags] : [],
      metadata: {},
      output: null,
      error: null,
      attempts: 0,
      change: 0,
      execution: null,
    };
    this.runs.push(run);
    this.touch(run);
    if (!this.held) this.#begin(run);
    return { run, cached: false };
  }

  /** Lets go what was held. */
  release(): void {
    this.held = false;
    for (const run of this.runs) if (run.status === 'QUEUED') this.#begin(run);
  }

  /** Trigger.dev says so: the process of the run, if there is one, is ended without ceremony. */
  report(run: FakeRun, status: RunStatus, error: string | null = null): void {
    if (final.has(run.status)) return;
    run.status = status;
    run.error = error === null ? null : { message: error };
    if (final.has(status) && run.execution?.pid !== undefined) kill(run.execution.pid);
    this.touch(run);
  }

  async cancel(run: FakeRun, why = 'Canceled by user'): Promise<void> {
    if (final.has(run.status)) return;
    run.status = 'CANCELED';
    run.error = { message: why };
    this.touch(run);
    await run.execution?.cancel();
  }

  createToken(
    key: string | null,
    { tags, timeoutAt }: { tags: readonly string[]; timeoutAt: Date | null },
  ): { token: FakeToken; cached: boolean } {
    const known = key === null ? undefined : this.tokens.find((each) => each.key === key);
    if (known !== undefined) return { token: known, cached: true };
    const token: FakeToken = {
      id: `waitpoint_fake${this.tokens.length + 1}`,
      key,
      tags,
      timeoutAt,
      createdAt: new Date(),
      completedAt: null,
      status: 'WAITING',
      output: null,
      waiters: new Set(),
    };
    this.tokens.push(token);
    if (timeoutAt !== null)
      setTimeout(
        () => this.#settle(token, 'TIMED_OUT', timeoutError(timeoutAt)),
        Math.max(0, timeoutAt.getTime() - Date.now()),
      ).unref();
    this.#tell();
    return { token, cached: false };
  }

  wait(run: FakeRun, token: FakeToken): void {
    if (token.status !== 'WAITING') {
      this.#resume(run, token);
      return;
    }
    token.waiters.add(run.id);
    if (this.options.checkpoints) run.status = 'WAITING';
    this.touch(run);
  }

  completeToken(token: FakeToken, output: Packet): void {
    this.#settle(token, 'COMPLETED', output);
  }

  setMetadata(run: FakeRun, { metadata, operations }: FlushedRunMetadata): void {
    const { newMetadata } = applyMetadataOperations({ ...run.metadata, ...metadata }, operations ?? []);
    run.metadata = newMetadata;
    this.touch(run);
  }

  touch(run: FakeRun): void {
    this.#changes += 1;
    run.change = this.#changes;
    run.updatedAt = new Date();
    if (begun.has(run.status)) run.startedAt ??= run.updatedAt;
    if (final.has(run.status)) run.endedAt ??= run.updatedAt;
    this.#tell();
  }

  /** Something else than a run has changed. */
  touched(): void {
    this.#changes += 1;
    this.#tell();
  }

  /** Ends every process. */
  async close(): Promise<void> {
    this.held = true;
    const executions = this.runs.flatMap(({ execution }) => (execution === null ? [] : [execution]));
    const own = executions.filter(({ pid }) => pid !== undefined);
    for (const { pid } of own) if (pid !== undefined) kill(pid);
    await Promise.all(own.map(({ finished }) => finished));
  }

  #settle(token: FakeToken, status: 'COMPLETED' | 'TIMED_OUT', output: Packet): void {
    if (token.status !== 'WAITING') return;
    token.status = status;
    token.completedAt = new Date();
    token.output = output;
    for (const id of token.waiters) {
      const run = this.run(id);
      if (run !== undefined && !final.has(run.status)) this.#resume(run, token);
    }
    this.#tell();
  }

  #resume(run: FakeRun, token: FakeToken): void {
    run.status = 'EXECUTING';
    this.touch(run);
    run.execution?.resolveWaitpoint({ id: token.id, output: token.output, timedOut: token.status === 'TIMED_OUT' });
  }

  #begin(run: FakeRun): void {
    const { program, execute: start = execute } = this.options;
    if (program === null || final.has(run.status)) return;
    if (program.tasks[run.task] === undefined) return this.report(run, 'PENDING_VERSION');
    run.attempts += 1;
    run.status = 'EXECUTING';
    const execution = start({ program, api: this.api, run, number: run.attempts });
    run.execution = execution;
    this.touch(run);
    void execution.finished.then((finished) => this.conclude(run, finished));
  }

  /** An attempt at it is over. */
  conclude(run: FakeRun, finished: Finished): void {
    run.execution = null;
    if (finished.metadata !== null) this.setMetadata(run, finished.metadata);
    // What was cancelled, or reported as lost, stays so.
    if (final.has(run.status)) this.#tell();
    else this.#settleRun(run, finished);
  }

  #settleRun(run: FakeRun, finished: Finished): void {
    if (finished.kind === 'completed') {
      run.status = 'COMPLETED';
      run.output = finished.output;
    } else if (finished.retryAfter !== null && !this.held) {
      run.status = 'QUEUED';
      setTimeout(() => this.#begin(run), finished.retryAfter).unref();
    } else {
      run.status = statusOf(finished.code);
      run.error = finished.error;
    }
    this.touch(run);
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

const timeoutError = (at: Date): Packet => ({
  data: JSON.stringify({
    code: 'TRIGGER_WAITPOINT_TIMEOUT',
    message: `Waitpoint timed out at ${at.toISOString()}`,
  }),
  dataType: 'application/json',
});

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended just now.
  }
};

/** As a real server was seen to do it, and for the rest as its error codes are named. */
const statusOf = (code: string | null): RunStatus => {
  switch (code) {
    case 'TASK_RUN_CANCELLED':
      return 'CANCELED';
    case 'MAX_DURATION_EXCEEDED':
      return 'TIMED_OUT';
    case null:
      return 'FAILED';
    default:
      return code.startsWith('TASK_PROCESS_') ? 'CRASHED' : 'FAILED';
  }
};
