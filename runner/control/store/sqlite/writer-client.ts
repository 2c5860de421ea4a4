import { Worker } from 'node:worker_threads';
import { StoreError } from '../store.ts';
import type { AnswerTo, Write } from '../writes.ts';
import { answersOf, errorOf, writesText, type FromThread, type ThreadData } from './messages.ts';

/** This thread's end of the writer's thread. */
export interface WriterThread {
  /** Answers when it is on the disk. Writes are done in the order in which they are asked for. Throws StoreError. */
  write<Kind extends Write['kind']>(write: Extract<Write, { readonly kind: Kind }>): Promise<AnswerTo<Kind>>;
  onCommit(listener: (runs: readonly string[]) => void): () => void;
  /** Returns when all that was asked for is written and the thread has ended. */
  close(): Promise<void>;
}

/**
 * Megabytes. Writes leave garbage by the second; without the first limit V8 would rather grow than collect it, to some
 * 100 MB more after a busy minute. The second is far above what 256 remembered states can take.
 */
const memory = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 512 };

/** Starts the thread and waits until it has opened the database; throws the StoreError with which it could not. */
export const startWriterThread = async (program: URL, data: ThreadData): Promise<WriterThread> => {
  const worker = new Worker(program, {
    workerData: data,
    name: 'longhaul store',
    execArgv: [],
    resourceLimits: memory,
  });
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  const client = new Client(worker, { opened: resolve, failed: reject });
  await opened;
  return client;
};

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Opening {
  readonly opened: () => void;
  readonly failed: (error: Error) => void;
}

class Client implements WriterThread {
  readonly #worker: Worker;
  readonly #opening: Opening;
  readonly #listeners = new Set<(runs: readonly string[]) => void>();
  /** Answers come in the order of the writes, so the first one waiting is the one that is answered. */
  #waiting: Waiting[] = [];
  /** Asked for in this turn of the event loop; they go over in one message. */
  #outbox: Write[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #closed: Error | null = null;

  constructor(worker: Worker, opening: Opening) {
    this.#worker = worker;
    this.#opening = opening;
    // safe: the writer's thread sends nothing else
    worker.on('message', (message) => this.#receive(message as FromThread));
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => this.#end(new Error('The writer has ended.')));
  }

  write<Kind extends Write['kind']>(write: Extract<Write, { readonly kind: Kind }>): Promise<AnswerTo<Kind>> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    return new Promise<AnswerTo<Kind>>((resolve, reject) => {
      // safe: the thread answers a write with what its kind is answered with
      this.#waiting.push({ resolve: (answer) => resolve(answer as AnswerTo<Kind>), reject });
      if (this.#outbox.push(write) === 1) queueMicrotask(() => this.#send());
    });
  }

  #send(): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to a thread, not to a window
    this.#worker.postMessage(writesText(this.#outbox));
    this.#outbox = [];
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        return this.#opening.opened();
      case 'failed':
        return this.#opening.failed(errorOf(message.error));
      case 'committed': {
        const answers = answersOf(message.answers);
        const answered = this.#waiting.splice(0, answers.length);
        for (const [index, answer] of answers.entries()) {
          if (answer.outcome === 'failed') answered[index]?.reject(errorOf(answer.error));
          else answered[index]?.resolve(answer.answer);
        }
        if (message.runs.length > 0) for (const listener of this.#listeners) listener(message.runs);
      }
    }
  }

  onCommit(listener: (runs: readonly string[]) => void): () => void {
    const own = (runs: readonly string[]): void => listener(runs);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  async close(): Promise<void> {
    if (this.#closed === null) {
      this.#closed = new Error('The store has been closed.');
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to a thread, not to a window
      queueMicrotask(() => this.#worker.postMessage(null));
    }
    await this.#ended.promise;
  }

  /** The thread is gone: nobody will answer what still waits. */
  #end(cause: unknown): void {
    const error = new StoreError('io', 'The thread that writes to the database has ended.', {
      remedy: 'Start the runner again: whatever was answered is on the disk.',
      cause,
    });
    this.#closed ??= error;
    this.#opening.failed(error);
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting = [];
    this.#ended.resolve();
  }
}
