import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

/** In every URL that a test is given, so that it can look for it where it must not be. */
export const databasePassword = 'correct-horse-battery';

/** Where Debian's packages put the server: not on the PATH, a folder for each version. */
const debianFolder = '/usr/lib/postgresql';

/** The folder of the newest server there is. Throws where there is none. */
const programsFolder = (): string => {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).map(Number).filter(Number.isFinite) : [];
  const folders = [
    ...versions.toSorted((a, b) => b - a).map((version) => path.join(debianFolder, String(version), 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  const found = folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(path.join(folder, name))));
  if (found !== undefined) return found;
  throw new Error(
    'No Postgres server is installed here. Install Debian’s package postgresql (sh scripts/setup-tests.sh does), or put initdb and postgres on the PATH.',
  );
};

/** The path of one of the server's own programs, such as pg_dump. */
export const postgresProgram = (name: string): string => path.join(programsFolder(), name);

/** Postgres refuses to run as root: then it is the user that its package made. The server goes when this process does. */
const asServer = (): readonly string[] =>
  process.getuid?.() === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--pdeathsig=INT']
    : ['setpriv', '--pdeathsig=INT'];

type Rows = readonly Record<string, unknown>[];

const serverUser = (): { readonly uid: number; readonly gid: number } | null => {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  server.close();
  await once(server, 'close');
  return port;
};

/** A real server of its own, on loopback and in a folder of its own, as its package ships it: with fsync. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | null = null;
  #count = 0;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  static async start(): Promise<PostgresServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-postgres-'));
    const secret = path.join(folder, 'password');
    await writeFile(secret, databasePassword);
    const user = serverUser();
    if (user !== null) for (const each of [folder, secret]) await chown(each, user.uid, user.gid);
    const server = new PostgresServer(folder, await freePort());
    const initialise = [postgresProgram('initdb'), '--pgdata', server.#data, '--username=ada', '--pwfile', secret];
    const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
    const [program = '', ...rest] = [...asServer(), ...initialise, ...options];
    execFileSync(program, rest, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    await server.start();
    return server;
  }

  get #data(): string {
    return path.join(this.#folder, 'data');
  }

  /** Starts it, again after `stop`, and waits until it takes connections. */
  async start(): Promise<void> {
    const settings = [`listen_addresses=127.0.0.1`, `port=${this.port}`, `unix_socket_directories=${this.#folder}`];
    const serve = [postgresProgram('postgres'), '-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])];
    const [program = '', ...rest] = [...asServer(), ...serve];
    const child = spawn(program, rest, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    const said: string[] = [];
    const lines = createInterface({ input: child.stderr });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        said.push(line);
        if (line.includes('ready to accept connections')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`Postgres ended with ${code}:\n${said.join('\n')}`)));
      child.once('error', reject);
    });
  }

  /** Of the process that all its others are below of; null: it is not running. */
  get pid(): number | null {
    const child = this.#process;
    return child === null || child.exitCode !== null || child.signalCode !== null ? null : (child.pid ?? null);
  }

  /** `fast`: it ends every session and stops in order; `immediate`: as in a crash. */
  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exited;
  }

  url(database: string, port = this.port): string {
    return `postgres://ada:${databasePassword}@127.0.0.1:${port}/${database}`;
  }

  /** An empty database; its URL. */
  async database(): Promise<string> {
    const name = `longhaul_${(this.#count += 1)}`;
    await this.execute(this.url('postgres'), `create database ${name}`);
    return this.url(name);
  }

  /** Runs SQL on a connection of its own; the rows of the last statement. */
  async execute(url: string, sql: string): Promise<Rows> {
    return this.until(url, sql, () => true);
  }

  /** Runs a query on one connection again and again until its rows are as they are wanted: nobody is told of what others commit. */
  async until(url: string, sql: string, wanted: (rows: Rows) => boolean): Promise<Rows> {
    const client = new Client({ connectionString: url });
    // One that breaks between two queries fails the next.
    client.on('error', () => {});
    await client.connect();
    try {
      for (;;) {
        const { rows } = await client.query<Rows[number]>(sql);
        if (wanted(rows)) return rows;
        await delay(20);
      }
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
