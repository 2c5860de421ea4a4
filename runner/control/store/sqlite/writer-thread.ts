import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Write } from '../writes.ts';
import { answersText, errorText, writesOf, type FromThread, type ThreadData } from './messages.ts';
import { openWriter, type Writer } from './writer.ts';

const main = async (port: MessagePort): Promise<void> => {
  const tell = (message: FromThread): void => port.postMessage(message);
  // safe: the store starts this thread with exactly that
  const data = workerData as ThreadData;
  let writer: Writer;
  try {
    writer = await openWriter(data);
  } catch (error) {
    tell({ kind: 'failed', error: errorText(error) });
    return;
  }
  let busy = false;
  const queue: Write[] = [];
  let closing = false;
  /** One of what the port delivers: writes, or the word that no more will come. */
  const take = (message: unknown): void => {
    if (typeof message === 'string') queue.push(...writesOf(message));
    else closing = true;
  };
  const work = async (): Promise<void> => {
    busy = true;
    while (queue.length > 0) {
      const { outcomes, runs } = await writer.commit(queue.splice(0, data.groupSize));
      tell({ kind: 'committed', answers: answersText(outcomes), runs });
    }
    busy = false;
    if (!closing) return;
    writer.close();
    port.close();
  };
  port.on('message', (message: unknown) => {
    take(message);
    // Everything that has arrived by now goes into the same commit.
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port))
      take(more.message);
    if (!busy) void work();
  });
  tell({ kind: 'ready' });
};

if (parentPort !== null) void main(parentPort);
