import { migrate } from '../../runner/control/store/migrations.ts';
import { connect, type Connection } from '../../runner/control/store/sqlite/database.ts';
import { Database, type Server } from './database.ts';
import { beginning } from './time.ts';

/**
 * A database in memory with the real schema, for one schedule after the other. What makes it quick is kept from one to the next:
 * compiled queries and prepared statements. Nothing that a schedule wrote is.
 */
export class Sqlite implements Disposable {
  readonly #connection: Connection;
  readonly #empty: string;
  #server: Server | null = null;

  private constructor(connection: Connection, tables: readonly string[]) {
    this.#connection = connection;
    this.#empty = tables.map((table) => `delete from "${table}";`).join('\n');
    // As Postgres has them.
    const { sqlite } = connection;
    sqlite.function('clock_timestamp', () => this.#server?.now() ?? beginning);
    sqlite.function('is_connected', (holder) => (this.#server?.isConnected(String(holder)) === true ? 1 : 0));
  }

  static async open(): Promise<Sqlite> {
    const connection = connect(':memory:', { readOnly: false });
    const { sqlite, db } = connection;
    await migrate(db, { int64: 'integer', at: new Date(beginning).toISOString() });
    // Only Postgres has several control planes, and the table that says which of them looks after all runs.
    sqlite.exec('create table roles (name text primary key, holder text, fence integer, until integer)');
    const tables = sqlite
      .prepare(`select name from sqlite_schema where type = 'table' and name <> 'migrations'`)
      .all()
      .map(({ name }) => String(name));
    // They are emptied one by one; no order of them suits every reference.
    sqlite.exec('pragma foreign_keys = off');
    for (const table of tables)
      if (sqlite.prepare(`select 1 from "${table}"`).get() !== undefined)
        throw new Error(`${table} is not empty in an empty database`);
    return new Sqlite(connection, tables);
  }

  /** A database that nothing was ever written to. The one before is not to be used any more. */
  next(server: Server): Database {
    this.#server = server;
    const { sqlite } = this.#connection;
    sqlite.exec(`pragma foreign_keys = off; ${this.#empty} pragma foreign_keys = on`);
    return new Database(this.#connection);
  }

  [Symbol.dispose](): void {
    this.#connection.sqlite.close();
  }
}
