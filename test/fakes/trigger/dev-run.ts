import type { Execution, Finished, Resolved } from './executor.ts';
import { internalId } from './answers.ts';
import type { FakeRun } from './world.ts';

export interface Snapshot {
  readonly id: string;
  readonly status: keyof typeof statusWords;
  readonly createdAt: Date;
  readonly waitpoints: readonly object[];
}

export const statusWords = {
  PENDING_EXECUTING: 'Run was dequeued for execution',
  EXECUTING: 'Attempt created, starting execution',
  PENDING_CANCEL: 'Run was cancelled',
  FINISHED: 'Attempt completed',
} as const;

/** A run that a worker of `trigger dev` took: all it is told is the latest snapshot. */
export class DevRun implements Execution {
  readonly run: FakeRun;
  readonly pid = undefined;
  readonly finished: Promise<Finished>;
  readonly finish: (finished: Finished) => void;
  readonly #snapshots: Snapshot[] = [];

  constructor(run: FakeRun) {
    this.run = run;
    const { promise, resolve } = Promise.withResolvers<Finished>();
    this.finished = promise;
    this.finish = resolve;
    this.become('PENDING_EXECUTING');
    run.execution = this;
  }

  get latest(): Snapshot {
    const [latest] = this.#snapshots.slice(-1);
    return latest ?? this.become('PENDING_EXECUTING');
  }

  /** The one before the latest; null: there is none. */
  get before(): Snapshot | null {
    return this.#snapshots.at(-2) ?? null;
  }

  become(status: Snapshot['status'], waitpoints: readonly object[] = []): Snapshot {
    const id = `${internalId(this.run)}snapshot${this.#snapshots.length + 1}`;
    const snapshot = { id, status, createdAt: new Date(), waitpoints };
    this.#snapshots.push(snapshot);
    return snapshot;
  }

  resolveWaitpoint({ id, output, timedOut }: Resolved): void {
    const waitpoint = { id, friendlyId: id, type: 'MANUAL', completedAt: new Date(), outputIsError: timedOut };
    this.become('EXECUTING', [{ ...waitpoint, output: output?.data, outputType: output?.dataType }]);
  }

  async cancel(): Promise<void> {
    this.become('PENDING_CANCEL');
  }
}
