import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { readFeedPage } from '../reads.ts';
import { connect } from './database.ts';
import { storeErrorOf } from './errors.ts';
import { errorText, type FromReader, type ReaderData, type ToReader } from './messages.ts';

/** Reads what is asked for, one page after the other, in the order in which it was asked for. */
const main = (port: MessagePort): void => {
  // safe: the store starts this thread with exactly that
  const { file, folder } = workerData as ReaderData;
  const tell = (message: FromReader): void => port.postMessage(message);
  const { sqlite, db } = connect(file, { readOnly: true });
  let last: Promise<void> = Promise.resolve();
  const read = async ({ filter, after, limits }: ToReader): Promise<void> => {
    try {
      tell({ kind: 'page', page: await readFeedPage(db, filter, { after, ...limits }) });
    } catch (error) {
      tell({ kind: 'failed', error: errorText(storeErrorOf(error, folder)) });
    }
  };
  port.on('message', (message: ToReader | null) => {
    last = last.then(() => {
      if (message !== null) return read(message);
      sqlite.close();
      return port.close();
    });
  });
};

if (parentPort !== null) main(parentPort);
