import { join } from 'node:path';
import { databaseStore } from '../database-store.ts';
import type { Store } from '../store.ts';
import { connect } from './database.ts';
import { storeErrorOf } from './errors.ts';
import { makePrivateFile, makePrivateFolder } from './files.ts';
import { feedReader } from './reader-client.ts';
import { lockFolder } from './lock.ts';
import { threadProgram } from './thread.ts';
import { startWriterThread } from './writer-client.ts';

export interface SqliteStoreOptions {
  /** Made if it is not there; it and the files in it are for their owner alone. */
  readonly folder: string;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** Upper bound of the database in pages of 4096 bytes. Without it the disk is the bound. */
  readonly maxPages?: number;
  /** Goes on though the end of the log is gone, and records that. Without it such a database is `corrupt`. */
  readonly acceptLoss?: boolean;
  /** So many writes share a commit at most: a group must not keep the first of it waiting for long. Default 500. */
  readonly groupSize?: number;
  /** The program of the writer's thread, where it is not Longhaul's own. */
  readonly thread?: URL;
}

/**
 * Opens the store in a folder and holds it for this process until disposed of. Throws StoreError: `locked` if another
 * process has it, `newer` if a later version wrote it, `full`, `io`, `corrupt`.
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Store> => {
  const { folder, now = Date.now, maxPages = null, acceptLoss = false, groupSize = 500 } = options;
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
    const feed = stack.use(feedReader({ file, folder }));
    return databaseStore({
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
      commits: writer.commits,
      now,
      held: stack.move(),
    });
  } catch (error) {
    throw storeErrorOf(error, folder);
  }
};
