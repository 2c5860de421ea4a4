import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { Client, Pool, types, type ClientBase, type ClientConfig, type CustomTypesConfig, type PoolClient } from 'pg';
import type { Database, Tables } from '../schema.ts';

/** Ms. A statement of ours takes some; what takes this long waits for somebody who will not come. */
const statementMs = 20_000;
/** A control plane that is stopped amid a write holds all others off: the server ends its session after so long. */
const idleInTransactionMs = 10_000;
/** To open a connection, or for one of the pool to become free. */
const connectMs = 10_000;
/** Beyond the server's own limit the server is not there any more, whatever the socket says. */
const silenceMs = statementMs + 5_000;

/** Texts of statements that the server keeps prepared; all that are run often are among them. */
const keptStatements = 200;

const ownTypes: CustomTypesConfig = {
  // Positions, counts and times are far below 2^53. Ours alone: another user of pg in this process keeps its own.
  getTypeParser: (type, format) => (type === types.builtins.INT8 ? Number : types.getTypeParser(type, format)),
};

/** Which database, and who connects to it. */
export interface Server {
  readonly url: string;
  /** Of this control plane: what pg_stat_activity shows of its connections. */
  readonly name: string;
}

const common = ({ url, name }: Server): ClientConfig => ({
  connectionString: url,
  types: ownTypes,
  application_name: `longhaul ${name}`,
  connectionTimeoutMillis: connectMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
});

/** A connection outside the pool, not yet open; its statements may wait for as long as they say themselves. */
export const sessionTo = (server: Server): Client => new Client(common(server));

/** A pool of so many connections at most, and Kysely over it. `destroy` it to close them. */
export const connect = (server: Server, connections: number): Database => {
  const pool = new Pool({
    ...common(server),
    max: connections,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    idleTimeoutMillis: 60_000,
  });
  // A connection that breaks says so to whoever uses it; nobody uses these.
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: forKysely(pool) }) });
};

/** The pool as Kysely sees it: statements are prepared once for each connection, and none is waited for for ever. */
const forKysely = (pool: Pool): PostgresPool => {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= keptStatements) return known;
    const name = `longhaul_${names.size}`;
    names.set(text, name);
    return name;
  };
  // Kysely knows a connection by its object.
  const seen = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect();
      const known = seen.get(client);
      if (known !== undefined) return known;
      const query = async (text: string, values: readonly unknown[]) => {
        const stored = values.map(storable);
        const name = stored.length === 0 ? undefined : nameOf(text);
        const asked = client.query(name === undefined ? { text, values: stored } : { name, text, values: stored });
        const results = await unlessSilent(client, asked);
        // Several statements in one text have a result each.
        return Array.isArray(results) ? results.at(-1) : results;
      };
      // safe: `query` with a cursor is for streaming, which needs a package that nobody gave to Kysely
      const ours = { query, release: (destroy?: boolean) => client.release(destroy) } as PostgresPoolClient;
      seen.set(client, ours);
      return ours;
    },
  };
};

/** Text of Postgres holds every character but one. JSON escapes it; in a title or a key nobody will miss it. */
const storable = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\0', '\u{fffd}') : value);

/** Cuts the connection of a query that is not answered: the network may have lost it without a word. */
export const unlessSilent = async <Answer>(
  client: ClientBase,
  answer: Promise<Answer>,
  ms = silenceMs,
): Promise<Answer> => {
  const silence = setTimeout(() => cut(client, new Error(`no answer from the database for ${ms / 1000} s`)), ms);
  try {
    return await answer;
  } finally {
    clearTimeout(silence);
  }
};

/** Closes the socket without asking the server, which may be gone. */
export const cut = (client: ClientBase, why?: Error): void => {
  if (client instanceof Client) client.connection.stream.destroy(why);
};
