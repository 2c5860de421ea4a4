import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { startFakeOpenAi, type FakeOpenAi, type Script } from '../fakes/openai/index.ts';
import { PostgresServer } from './postgres.ts';
import { openFolder, Rig, type RigOptions } from './rig.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface PlanesOptions {
  readonly script: Script;
  /** Ms between two events of the model's answers; left out: none. */
  readonly paceMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of both, as their `config.yaml` has them. */
  readonly config?: object;
  /** Where workers find a control plane; without it, the balancer; null: the one that started them. */
  readonly publicUrl?: string | null;
  /** As a rig has it. */
  readonly projectAt?: RigOptions['projectAt'];
  /** Whether the database is reached through a wire that a test can trouble. */
  readonly wired?: boolean;
  /** One that others use as well, and that outlives these; without it they have one of their own. */
  readonly server?: PostgresServer;
}

/**
 * Two control planes, each a process with a home of its own, on one real Postgres, with their blobs in common. Before them stands what stands for a load balancer: workers and clients know its address alone.
 */
export class Planes implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly database: string;
  readonly model: FakeOpenAi;
  readonly balancer: TcpProxy;
  /** Between the control planes and the database. */
  readonly wire: TcpProxy | null;
  readonly shared: string;
  readonly all: readonly [Rig, Rig];
  readonly #ownsServer: boolean;

  private constructor(
    parts: Pick<Planes, 'server' | 'database' | 'model' | 'balancer' | 'wire' | 'shared' | 'all'>,
    ownsServer: boolean,
  ) {
    this.#ownsServer = ownsServer;
    this.server = parts.server;
    this.database = parts.database;
    this.model = parts.model;
    this.balancer = parts.balancer;
    this.wire = parts.wire;
    this.shared = parts.shared;
    this.all = parts.all;
  }

  static async open(options: PlanesOptions): Promise<Planes> {
    const { script, paceMs = 0, env = {}, config, publicUrl, projectAt, wired = false } = options;
    const server = options.server ?? (await PostgresServer.start());
    const database = await server.database();
    const wire = wired ? await TcpProxy.to(server.port) : null;
    const model = await startFakeOpenAi({ script, paceMs });
    const balancer = await TcpProxy.to(0);
    const shared = await openFolder('longhaul-shared-');
    const start = () =>
      Rig.start({
        script,
        model,
        ...(projectAt === undefined ? {} : { projectAt }),
        ...(config === undefined ? {} : { config }),
        shared: { folder: shared, names: ['blobs'] },
        env: {
          LONGHAUL_DATABASE_URL: wire === null ? database : database.replace(`:${server.port}/`, `:${wire.port}/`),
          ...(publicUrl === null ? {} : { LONGHAUL_PUBLIC_URL: publicUrl ?? `http://127.0.0.1:${balancer.port}` }),
          ...env,
        },
      });
    const [one, other] = [await start(), await start()];
    balancer.target = portOf(one);
    const parts = { server, database, model, balancer, wire, shared, all: [one, other] } as const;
    return new Planes(parts, options.server === undefined);
  }

  /** Where workers and clients find whichever control plane the balancer sends them to. */
  get url(): string {
    return `http://127.0.0.1:${this.balancer.port}`;
  }

  otherThan(plane: Rig): Rig {
    return this.all[0] === plane ? this.all[1] : this.all[0];
  }

  /** Clients and workers are sent there from now on; connections that there are stay. */
  lead(to: Rig): void {
    this.balancer.target = portOf(to);
  }

  /** The one that looks after all runs, as soon as there is one. */
  async supervisor(): Promise<Rig> {
    return this.#supervisor(this.all);
  }

  /** Resolves when that one looks after all runs: a server may see a little later than we do that another one is dead. */
  async supervisedBy(plane: Rig): Promise<void> {
    await this.#supervisor([plane]);
  }

  /** The one of these that looks after all runs, as soon as it is one of these. */
  async #supervisor(planes: readonly Rig[]): Promise<Rig> {
    const sql = `select holder from roles where name = 'supervisor' and until > now()`;
    const names = await Promise.all(planes.map(nameOf));
    const found = (rows: readonly Record<string, unknown>[]) =>
      planes.find((_, index) => rows[0]?.['holder'] === names[index]);
    return found(await this.server.until(this.database, sql, (rows) => found(rows) !== undefined))!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const plane of this.all) await plane[Symbol.asyncDispose]();
    await this.balancer[Symbol.asyncDispose]();
    await this.wire?.[Symbol.asyncDispose]();
    await this.model[Symbol.asyncDispose]();
    if (this.#ownsServer) await this.server[Symbol.asyncDispose]();
    await rm(this.shared, { recursive: true, force: true, maxRetries: 5 });
  }
}

const portOf = ({ url }: Rig): number => Number(new URL(url).port);

/** What a control plane calls itself. */
export const nameOf = async ({ home }: Rig): Promise<string> =>
  (await readFile(path.join(home, 'plane'), 'utf8')).trim();
