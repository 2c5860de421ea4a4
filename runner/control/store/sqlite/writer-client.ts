import { Commits } from '../database-store.ts';
import { StoreError } from '../store.ts';
import type { AnswerTo, Write } from '../writes.ts';
import { answersOf, errorOf, writesText, type FromThread, type ThreadData } from './messages.ts';
import { startThread, type Thread, type Waiting } from './thread.ts';

/** This thread's end of the writer's thread. */
export interface WriterThread {
  /** Answers when it is on the disk. Writes are done in the order in which they are asked for. Throws StoreError. */
  write<Kind extends Write['kind']>(write: Extract<Write, { readonly kind: Kind }>): Promise<AnswerTo<Kind>>;
  readonly commits: Commits;
  /** Returns when all that was asked for is written and the thread has ended. */
  close(): Promise<void>;
}

/** Starts the thread and waits until it has opened the database; throws the StoreError with which it could not. */
export const startWriterThread = async (program: URL, data: ThreadData): Promise<WriterThread> => {
  const client = new Client(program, data);
  await client.opened.promise;
  return client;
};

class Client implements WriterThread {
  readonly opened = Promise.withResolvers<void>();
  readonly commits = new Commits();
  readonly #thread: Thread;
  /** Answers come in the order of the writes, so the first one waiting is the one that is answered. */
  #waiting: Waiting<unknown>[] = [];
  /** Asked for in this turn of the event loop; they go over in one message. */
  #outbox: Write[] = [];
  #closed: Error | null = null;

  constructor(program: URL, data: ThreadData) {
    this.#thread = startThread<FromThread>({
      program,
      data,
      name: 'longhaul store',
      onMessage: (told) => this.#receive(told),
      onEnd: (cause) => this.#end(cause ?? new Error('The writer has ended.')),
    });
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
    this.#thread.send(writesText(this.#outbox));
    this.#outbox = [];
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        return this.opened.resolve();
      case 'failed':
        return this.opened.reject(errorOf(message.error));
      case 'committed': {
        const answers = answersOf(message.answers);
        const answered = this.#waiting.splice(0, answers.length);
        for (const [index, answer] of answers.entries()) {
          if (answer.outcome === 'failed') answered[index]?.reject(errorOf(answer.error));
          else answered[index]?.resolve(answer.answer);
        }
        if (message.runs.length > 0) this.commits.tell(message.runs, 'this');
      }
    }
  }

  async close(): Promise<void> {
    this.#closed ??= new Error('The store has been closed.');
    // After what was asked for in this turn.
    await Promise.resolve();
    await this.#thread.close();
  }

  /** The thread is gone: nobody will answer what still waits. */
  #end(cause: unknown): void {
    const error = new StoreError('io', 'The thread that writes to the database has ended.', {
      remedy: 'Start the runner again: whatever was answered is on the disk.',
      cause,
    });
    this.#closed ??= error;
    this.opened.reject(error);
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting = [];
  }
}
