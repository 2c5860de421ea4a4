import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/**
 * Megabytes. Writes leave garbage by the second; without the first limit V8 would rather grow than collect it, to some
 * 100 MB more after a busy minute. The second is far above what 256 remembered states, or a page, can take.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 512 };

export interface ThreadOptions<Told> {
  readonly program: URL;
  readonly data: unknown;
  readonly name: string;
  readonly onMessage: (told: Told) => void;
  /** Perhaps more than once: nothing more comes of it, and why. */
  readonly onEnd: (cause: unknown) => void;
}

/** This program's end of a thread of its own. */
export interface Thread {
  send(message: unknown): void;
  /** Says that no more will come. Returns when the thread has ended. */
  close(): Promise<void>;
}

/** esbuild puts the threads beside the bundle that this module ends up in; the source runs as it is. */
export const threadProgram = (name: 'writer-thread' | 'reader-thread'): URL => {
  const bundled = new URL(`./${name}.mjs`, import.meta.url);
  return existsSync(bundled) ? bundled : new URL(`./${name}.ts`, import.meta.url);
};

/** `Told` is what its program sends, and nothing else. */
export const startThread = <Told>({ program, data, name, onMessage, onEnd }: ThreadOptions<Told>): Thread => {
  const worker = new Worker(program, { workerData: data, name, execArgv: [], resourceLimits });
  const ended = Promise.withResolvers<void>();
  worker.on('message', onMessage);
  worker.on('error', onEnd);
  worker.on('exit', () => {
    onEnd(null);
    ended.resolve();
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to a thread, not to a window
  const send = (message: unknown): void => worker.postMessage(message);
  return {
    send,
    close: () => {
      send(null);
      return ended.promise;
    },
  };
};

/** Whoever asked a thread something. */
export interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}
