import { StoreError, type FeedFilter, type FeedLimits, type FeedPage } from '../store.ts';
import { errorOf, type FromReader, type ReaderData, type ToReader } from './messages.ts';
import { startThread, threadProgram, type Thread, type Waiting } from './thread.ts';

/** Pages of the feed, read by a thread of its own: however many ask, this one has its hands free. */
export interface FeedReader extends AsyncDisposable {
  /** Pages are read in the order in which they are asked for. Throws StoreError. */
  page(filter: FeedFilter, after: number, limits: FeedLimits): Promise<FeedPage>;
}

interface Reading {
  readonly thread: Thread;
  /** The first is answered next. */
  readonly waiting: Waiting<FeedPage>[];
}

/** The thread starts with the first page that is asked for, and once more if it has ended. */
export const feedReader = (data: ReaderData): FeedReader => {
  let reading: Reading | null = null;
  let closed = false;

  const start = (): Reading => {
    const waiting: Waiting<FeedPage>[] = [];
    const thread = startThread<FromReader>({
      program: threadProgram('reader-thread'),
      data,
      name: 'longhaul feed',
      onMessage: (told) => {
        const asked = waiting.shift();
        if (told.kind === 'page') asked?.resolve(told.page);
        else asked?.reject(errorOf(told.error));
      },
      onEnd: (cause) => {
        if (reading?.thread === thread) reading = null;
        const error = new StoreError('io', 'The thread that reads the feed has ended.', {
          remedy: 'Ask again: it is started anew.',
          cause,
        });
        for (const { reject } of waiting.splice(0)) reject(error);
      },
    });
    return { thread, waiting };
  };

  return {
    page: (filter, after, limits) => {
      if (closed) return Promise.reject(new Error('The store has been closed.'));
      const { thread, waiting } = (reading ??= start());
      thread.send({ filter, after, limits } satisfies ToReader);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
      await reading?.thread.close();
    },
  };
};
