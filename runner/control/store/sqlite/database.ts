import { DatabaseSync, type StatementSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteAdapter, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import type { Tables, Database } from '../schema.ts';

/** A file opened by `node:sqlite`, and Kysely over the same connection. */
export interface Connection {
  readonly sqlite: DatabaseSync;
  readonly db: Database;
}

/**
 * Statements that are kept prepared. All that are run often are among them; a list's filters make some dozens more, so
 * there is an end to it.
 */
const keptStatements = 200;

export const connect = (file: string, options: { readonly readOnly: boolean }): Connection => {
  // Five seconds: a backup or a browser that reads the file holds it far shorter.
  const sqlite = new DatabaseSync(file, {
    readOnly: options.readOnly,
    timeout: 5000,
    enableForeignKeyConstraints: true,
  });
  return { sqlite, db: new Kysely<Tables>({ dialect: new NodeSqliteDialect({ database: forKysely(sqlite) }) }) };
};

const forKysely = (sqlite: DatabaseSync): SqliteDatabase => {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => sqlite.close(),
    prepare: (text) => {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const statement = statementOf(sqlite.prepare(text));
      if (kept.size >= keptStatements) kept.delete(kept.keys().next().value ?? text);
      kept.set(text, statement);
      return statement;
    },
  };
};

const statementOf = (statement: StatementSync): SqliteStatement => ({
  reader: statement.columns().length > 0,
  // safe: queries are built from strings, numbers and nulls only; anything else is refused by node:sqlite itself
  all: (parameters) => statement.all(...(parameters as readonly SQLInputValue[])),
  run: (parameters) => statement.run(...(parameters as readonly SQLInputValue[])), // safe: as above
  iterate: (parameters) => statement.iterate(...(parameters as readonly SQLInputValue[])), // safe: as above
});

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new SynchronousAdapter();
  }
}

/** Kysely queues up for a connection that cannot be shared. Here each query is over before another can begin. */
class SynchronousAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}
