import { Worker } from 'node:worker_threads';
import { StoreError, type FeedLimits, type FeedPage, type Store } from '../store.ts';
import { errorOf, type FromReader, type ReaderData, type ToReader } from './messages.ts';

type Filter = Parameters<Store['feed']>[0];

/** Pages of the feed, read by a thread of its own: however many ask, this one has its hands free. */
export interface FeedReader extends AsyncDisposable {
  /** Pages are read in the order in which they are asked for. Throws StoreError. */
  page(filter: Filter, after: number, limits: FeedLimits): Promise<FeedPage>;
}

interface Waiting {
  readonly resolve: (page: FeedPage) => void;
  readonly reject: (error: Error) => void;
}

/** Megabytes: a page is small. */
const memory = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };

/** The thread starts with the first page that is asked for, and once more if it has ended. */
export const feedReader = (program: URL, data: ReaderData): FeedReader => {
  let thread: { readonly worker: Worker; readonly waiting: Map<number, Waiting> } | null = null;
  let count = 0;
  let closed = false;

  const start = () => {
    const worker = new Worker(program, {
      workerData: data,
      name: 'longhaul feed',
      execArgv: [],
      resourceLimits: memory,
    });
    const waiting = new Map<number, Waiting>();
    const end = (cause: unknown): void => {
      if (thread?.worker === worker) thread = null;
      const error = new StoreError('io', 'The thread that reads the feed has ended.', {
        remedy: 'Ask again: it is started anew.',
        cause,
      });
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    // safe: the reader's thread sends nothing else
    worker.on('message', (message) => answer(waiting, message as FromReader));
    worker.on('error', end);
    worker.on('exit', () => end(null));
    return { worker, waiting };
  };

  return {
    page: (filter, after, limits) => {
      if (closed) return Promise.reject(new Error('The store has been closed.'));
      thread ??= start();
      const { worker, waiting } = thread;
      count += 1;
      const asked: ToReader = { id: count, filter, after, limits };
      return new Promise((resolve, reject) => {
        waiting.set(asked.id, { resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to a thread, not to a window
        worker.postMessage(asked);
      });
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
      if (thread === null) return;
      const { worker } = thread;
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to a thread, not to a window
      worker.postMessage(null);
      await ended;
    },
  };
};

const answer = (waiting: Map<number, Waiting>, message: FromReader): void => {
  const asked = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.kind === 'page') asked?.resolve(message.page);
  else asked?.reject(errorOf(message.error));
};
