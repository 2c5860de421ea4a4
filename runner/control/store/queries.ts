import { PostgresAdapter, type Compilable, type CompiledQuery } from 'kysely';
import type { Database } from './schema.ts';

/** Stands in a query for a value that comes when it is run. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is compiled once for each kind of database and then only run: building and compiling it anew would cost
 * more than SQLite needs to run it. It is built of an input whose values stand for those that come each time; every input
 * has the same names.
 */
export const prepare = <Input extends object, Row>(
  build: (db: Database, input: Input) => Compilable<Row>,
): ((db: Database, input: Input) => Promise<Row[]>) => {
  const compiledFor = new WeakMap<object, CompiledQuery<Row>>();
  return async (db, input) => {
    const dialect = db.getExecutor().adapter;
    let compiled = compiledFor.get(dialect);
    if (compiled === undefined) {
      const slots = Object.fromEntries(Object.keys(input).map((name) => [name, new Slot(name)]));
      // safe: a slot is put where the value belongs, and replaced by it before the query runs
      compiled = build(db, slots as Input).compile();
      compiledFor.set(dialect, compiled);
    }
    // safe: slots are made above, with names of the input
    const values = input as Readonly<Record<string, unknown>>;
    const parameters = compiled.parameters.map((value) => (value instanceof Slot ? values[value.name] : value));
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
};

/** Does the database let several write at once, so that a row must be locked before what it says can be relied on? */
export const locksRows = (db: Database): boolean => db.getExecutor().adapter instanceof PostgresAdapter;
