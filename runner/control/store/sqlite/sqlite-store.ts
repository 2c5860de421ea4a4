import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { randomId } from '../../../machine/random-id.ts';
import { DatabaseStore } from '../database-store.ts';
import type { Store } from '../store.ts';
import { connect } from './database.ts';
import { storeErrorOf } from './errors.ts';
import { makePrivateFile, makePrivateFolder } from './files.ts';
import { feedReader } from './reader-client.ts';
import { lockFolder } from './lock.ts';
import { startWriterThread } from './writer-client.ts';

export interface SqliteStoreOptions {
  /** Made if it is not there; it and the files in it are for their owner alone. */
  readonly folder: string;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** The random part of an id: 12 or more lower-case letters and digits. */
  readonly newId?: () => string;
  /** Upper bound of the database in pages of 4096 bytes. Without it the disk is the bound. */
  readonly maxPages?: number;
  /** Goes on though the end of the log is gone, and records that. Without it such a database is `corrupt`. */
  readonly acceptLoss?: boolean;
  /** So many writes share a commit at most: a group must not keep the first of it waiting for long. Default 500. */
  readonly groupSize?: number;
  /** The program of the writer's thread. Without it: `writer-thread.mjs` beside this program if bundled, else the source. */
  readonly thread?: URL;
}

/** esbuild puts the threads beside the bundle that this module ends up in; the source runs as it is. */
const threadProgram = (name: 'writer-thread' | 'reader-thread'): URL => {
  const bundled = new URL(`./${name}.mjs`, import.meta.url);
  return existsSync(bundled) ? bundled : new URL(`./${name}.ts`, import.meta.url);
};

/**
 * Opens the store in a folder and holds it for this process until disposed of. Throws StoreError: `locked` if another
 * process has it, `newer` if a later version wrote it, `full`, `io`, `corrupt`.
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Store> => {
  const { folder, now = Date.now, newId = randomId, maxPages = null, acceptLoss = false, groupSize = 500 } = options;
  const file = join(folder, 'longhaul.db');
  await using stack = new AsyncDisposableStack();
  try {
    makePrivateFolder(folder);
    stack.use(lockFolder(folder));
    makePrivateFile(file);
    const program = options.thread ?? threadProgram('writer-thread');
    const writer = await startWriterThread(program, { file, maxPages, acceptLoss, now: now(), groupSize });
    stack.defer(() => writer.close());
    const reader = connect(file, { readOnly: true });
    // Before the writer: only a connection that may write can tidy up as the last one.
    stack.defer(() => reader.sqlite.close());
    const feed = stack.use(feedReader(threadProgram('reader-thread'), { file, folder }));
    return new DatabaseStore({
      kind: 'sqlite',
      write: (write) => writer.write(write),
      // On a connection of its own that cannot write; writes go to the thread that alone can.
      read: async (of) => {
        try {
          return await of(reader.db);
        } catch (error) {
          throw storeErrorOf(error, folder);
        }
      },
      feedPage: (filter, after, limits) => feed.page(filter, after, limits),
      onCommit: (listener) => writer.onCommit((runs) => listener(runs, 'this')),
      now,
      newId,
      held: stack.move(),
    });
  } catch (error) {
    throw storeErrorOf(error, folder);
  }
};
