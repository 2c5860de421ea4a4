import { createHmac } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { destination, pino, type LevelWithSilent, type Logger } from 'pino';
import { Trouble } from '../../shared/trouble.ts';
import manifest from '../../package.json' with { type: 'json' };
import { sandboxForWorkers, type RunnerConfig } from '../machine/config/config.ts';
import { prepareHome, writeDurably, type Home } from '../machine/home/home.ts';
import { endpointOf, recordEndpoint } from '../machine/config/model-endpoint.ts';
import { isFullDisk } from '../machine/git/full-disk.ts';
import { processStart } from '../machine/processes/process-start.ts';
import type { WorkerSettings } from '../machine/processes/child-protocol.ts';
import { openAuditing } from './audit/open.ts';
import { refusedAccess } from './audit/refused-access.ts';
import { openBlobs } from './blobs/open.ts';
import { startDispatcher } from './engine/dispatcher.ts';
import { embeddedEngine } from './engine/embedded/embedded.ts';
import { endLeftovers } from './engine/embedded/leftovers.ts';
import { workerEnvironment } from './engine/embedded/environment.ts';
import { openTriggerEngine } from '../trigger-dev/engine/open.ts';
import { presence, stopWhenIdle } from './supervisor/idle.ts';
import { keepEndpoint } from './supervisor/keep-endpoint.ts';
import { openRemotes } from './remotes/remotes.ts';
import { authentication } from './server/authentication.ts';
import { hostName } from './server/guard.ts';
import { listenError } from './server/listen-error.ts';
import { signRunToken } from './server/run-token.ts';
import { startFollowing, type Following } from './effects/following.ts';
import { startOutbox } from './effects/outbox.ts';
import { looking, performing } from './effects/perform.ts';
import { LiveOutputs } from './live/live-outputs.ts';
import { openFeed } from './server/feed.ts';
import { createServer, type Server, type ServerOptions } from './server/server.ts';
import { openGround, type Ground } from './ground/ground.ts';
import { StoreError, type Scheduled } from './store/store.ts';
import type { Engine } from './engine/engine.ts';
import type { Ticket } from '../../shared/api/worker-api.ts';
import { returnLeases } from './supervisor/care.ts';
import { startSupervisor } from './supervisor/supervisor.ts';
import { openRetention } from './supervisor/retention.ts';
import { knownWebhooks, openArrivals } from './triggers/arrivals.ts';
import { startTriggers, type Triggers } from './triggers/triggers.ts';
import type { ControlPlane } from './usecases/plane.ts';
import { runnerApi } from './usecases/runner-api.ts';
import { triggersFor } from './usecases/unattended.ts';
import { workerApi } from './usecases/worker.ts';

export interface ServeOptions {
  /** Absolute path of the home; made if it is not there. */
  readonly home: string;
  readonly config: RunnerConfig;
  /** These three instead of what `config.server` says. `publicUrl` is what workers are told: base URL, no slash at the end. */
  readonly host?: string;
  readonly port?: number;
  readonly publicUrl?: string | null;
  /** Goes on though the database has lost the end of its log. */
  readonly acceptLoss?: boolean;
  /** It is started because something needs it: open runs go on with the model endpoint that they had, or it does not start. */
  readonly onDemand?: boolean;
  /** Stops the runner when it fires. */
  readonly signal?: AbortSignal;
  /** Of the log, which goes to stderr as a JSON line each. */
  readonly logLevel?: LevelWithSilent;
  /** What a model's calls cost, which workers know; without it no price is known. */
  readonly priceOf?: ControlPlane['priceOf'];
  /** Program and arguments of a worker; without it, this very program with `worker-child`. */
  readonly worker?: readonly [string, ...string[]];
}

export interface Serving {
  /** Where it listens: base URL, no slash at the end. */
  readonly url: string;
  /** The local person's bearer token. */
  readonly token: string;
  /** Settles when the runner has stopped, whoever asked for it. Rejects if stopping went wrong. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a runner on a home: store, workers, supervisor, server. When this returns it can be called, and runs that were
 * under way go on. Throws Trouble where the home, the database or the port cannot be had.
 */
export const serve = async (options: ServeOptions): Promise<Serving> => {
  try {
    return await start(options);
  } catch (error) {
    // What a runner that is at work says of it is that it goes on by itself; this one does not.
    if (isFullDisk(error) || (error instanceof StoreError && error.code === 'full'))
      throw new Trouble(`The disk of the home ${options.home} is full: a runner cannot start on it.`, {
        remedy: 'Make room on that disk, then start it again: nothing that was recorded is lost.',
        code: 'full',
        cause: error,
      });
    throw error;
  }
};

/** What the parts of a runner are made of. */
interface Base {
  readonly options: ServeOptions;
  readonly config: RunnerConfig;
  readonly home: Home;
  /** Of this control plane. */
  readonly name: string;
  readonly ground: Ground;
  readonly host: string;
  readonly publicUrl: string | null;
  /** How the names of the workers begin that are ours alone: of a home that shares its runs with no other, every child there ever was. */
  readonly workersOf: string;
  readonly keep: ControlPlane['keep'];
  readonly log: Logger;
}

const start = async (options: ServeOptions): Promise<Serving> => {
  await using stack = new AsyncDisposableStack();
  const base = await openBase(options, stack);
  const { config, home, ground, workersOf, log } = base;
  const { store, role, token, secret } = ground;
  const blobs = await openBlobs(config, home);
  const engine = stack.use(await openEngine(base, (...asked) => server.answer(...asked)));
  let disposables: AsyncDisposable = stack;
  const ending = endOf({ log, home, dispose: () => disposables[Symbol.asyncDispose]() });
  let triggers: Triggers | null = null;
  let following: Following | null = null;
  const plane: ControlPlane = {
    store,
    engine,
    blobs,
    keep: base.keep,
    remotes: openRemotes(config.remotes, process.env),
    webhooks: knownWebhooks(config.webhooks, process.env, log),
    outputs: new LiveOutputs(),
    home,
    config,
    log,
    now: Date.now,
    startedAt: new Date().toISOString(),
    priceOf: options.priceOf ?? (async () => null),
    version: manifest.version,
    dedupeSecret: createHmac('sha256', secret).update('dedupe').digest(),
    closing: ending.signal,
    lookAtTriggers: () => triggers?.enabled(),
    shutdown: () => void setImmediate(ending.ask),
  };
  const there = presence(Date.now);
  let ready = false;
  const arrivals = openArrivals({
    remotes: plane.remotes,
    webhooks: plane.webhooks,
    store,
    now: Date.now,
    onKept: () => triggers?.told(),
    onNews: (news) => following?.ring(news),
  });
  const server = serverFor(plane, base, { presence: there, ready: () => ready, arrivals });
  stack.defer(() => server.close());
  const retention = await openRetention({ store, blobs, home, role, ...config.retention, shared: ground.shared, log });
  const port = await server
    .listen({ host: base.host, port: options.port ?? config.server.port })
    .catch((error: unknown) => {
      throw listenError(error, base.host);
    });
  const url = `http://${urlHost(base.host)}:${port}`;
  // Before anything of a run can go there.
  await recordEndpoint(home, endpointOf(config.model));
  const ticketFor = ({ run, activation }: Scheduled): Ticket => ({
    run,
    activation,
    url: base.publicUrl ?? url,
    token: signRunToken(secret, { run, activation, now: Date.now() }),
  });
  const common = { store, engine, role, now: Date.now, log };
  const dispatcher = stack.use(startDispatcher({ ...common, limits: config.limits, ticketFor }));
  const { leaseSeconds } = config;
  stack.use(await startSupervisor({ ...common, dispatcher, retention, workersOf, leaseSeconds }));
  stack.use(startOutbox({ ...common, perform: performing({ remotes: plane.remotes, blobs, home }) }));
  const everyMs = config.followSeconds * 1000;
  following = stack.use(startFollowing({ ...common, everyMs, look: looking({ remotes: plane.remotes }) }));
  triggers = stack.use(startTriggers({ ...common, ...triggersFor(plane), shared: ground.shared }));
  const { startedAt, version } = plane;
  const own = { pid: process.pid, startTime: processStart(process.pid), url, version, startedAt };
  await writeDurably(home.runner, JSON.stringify(own));
  const { idleMinutes } = config;
  if (idleMinutes !== null) {
    const idleMs = idleMinutes * 60_000;
    stack.use(stopWhenIdle({ presence: there, store, idleMs, now: Date.now, log, stop: ending.ask }));
  }
  disposables = stack.move();
  if (options.signal !== undefined) stopOn(options.signal, ending.ask);
  ready = true;
  log.info({ url, home: home.folder, version, idleMinutes }, 'serving');
  return { url, token, closed: ending.closed, close: ending.close };
};

/** The home, and the store in it, ours until the stack is disposed of. */
const openBase = async (options: ServeOptions, stack: AsyncDisposableStack): Promise<Base> => {
  const { config, acceptLoss = false } = options;
  const log = logTo(options.logLevel ?? 'info');
  const { home, plane: name } = await prepareHome(options.home);
  const ground = stack.use(await openGround({ home, name, config: config.store, acceptLoss, log }));
  const { store, shared } = ground;
  stack.use(await openAuditing({ ...ground, config, version: manifest.version, now: Date.now, log }));
  if (options.onDemand === true) await keepEndpoint(home, config.model, store);
  const isEmbedded = config.engine.kind === 'embedded';
  // Tasks elsewhere are nobody's.
  const workersOf = shared && isEmbedded ? `${name} ` : '';
  // When the workers have ended and the store is still open: to stop a runner is no loss, and nobody need wait for their leases.
  if (isEmbedded)
    stack.defer(() =>
      returnLeases({ store, workersOf, log }, 'the runner was stopped').catch((error: unknown) => {
        log.warn({ err: error }, 'what workers had that have ended could not be handed back; their leases run out');
      }),
    );
  // The home's lock is ours: whatever is left of an earlier runner here is nobody's any more.
  const leftovers = await endLeftovers(home.workers);
  if (leftovers > 0) log.warn({ leftovers }, 'ended workers that an earlier runner left behind');
  return {
    options,
    config,
    home,
    name,
    ground,
    host: options.host ?? config.server.host,
    publicUrl: options.publicUrl ?? config.server.publicUrl,
    workersOf,
    // The next activation of a run may be another control plane's, on another machine.
    keep: shared || !isEmbedded ? 'uploaded' : 'local',
    log,
  };
};

const openEngine = async (base: Base, answer: Server['answer']): Promise<Engine> => {
  const { options, config, home, name, ground, publicUrl, workersOf, log } = base;
  const { workers } = config.limits;
  if (config.engine.kind === 'trigger')
    return openTriggerEngine({
      settings: config.engine,
      workers,
      env: process.env,
      publicUrl,
      log,
      originOf: async (run) => {
        const state = await ground.store.state(run);
        return state === null ? null : { ...state.task, fence: state.fence };
      },
    });
  return embeddedEngine({
    command: options.worker ?? [process.execPath, mainFile(), 'worker-child'],
    env: workerEnvironment(process.env, {
      apiKey: config.apiKey,
      api: config.model.api,
      isolation: config.sandbox.isolation,
    }),
    plane: name,
    workersOf,
    workers,
    workersFile: home.workers,
    log,
    settingsFor: ({ run }) => settingsFor(base, run),
    // Through what stands before the runner, where it is to be reached through that.
    ...(publicUrl === null && {
      answer: (asked, by) => answer(asked, by && { kind: 'worker', run: by.run, activation: by.activation }),
    }),
  });
};

const serverFor = (
  plane: ControlPlane,
  { config, ground, host, publicUrl }: Base,
  signs: Pick<ServerOptions, 'presence' | 'ready' | 'arrivals'>,
): Server => {
  const { store, blobs, now, log, closing } = plane;
  const { tokens, origins } = config.server;
  const feed = openFeed(plane);
  const hosts = [hostName(urlHost(host)), publicUrl === null ? null : new URL(publicUrl).hostname];
  return createServer({
    ...config.server,
    ...signs,
    publicUrl,
    closing,
    runner: { ...runnerApi(plane), feed: feed.events },
    feed,
    worker: workerApi(plane),
    refused: refusedAccess({ store, log, now }),
    authenticate: authentication({ localToken: ground.token, secret: ground.secret, tokens, now }),
    store,
    blobs,
    guard: { hosts: hosts.filter((name) => name !== null), origins },
    log,
  });
};

interface Ending {
  readonly log: Logger;
  readonly home: Home;
  readonly dispose: () => PromiseLike<void>;
}

/** How a runner stops: once, whoever asks for it. `signal` fires when it begins to, `closed` settles when it has. */
const endOf = ({ log, home, dispose }: Ending) => {
  const closing = new AbortController();
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  // Whoever does not wait for the end still gets it from close().
  closed.catch(() => {});
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    log.info('stopping');
    closing.abort();
    await dispose();
    await rm(home.runner, { force: true });
    log.info('stopped');
  };
  const close = (): Promise<void> => {
    stopping ??= stop();
    stopping.then(resolve, reject);
    return stopping;
  };
  return { signal: closing.signal, closed, close, ask: () => void close().catch(() => {}) };
};

const logTo = (level: LevelWithSilent): Logger => {
  const stderr = destination({ fd: 2, sync: true });
  // Whoever read it may be gone; a runner outlives its terminal.
  stderr.on('error', () => {});
  return pino({ level, base: null }, stderr);
};

/** In the source the main program is above this file; in a bundle this file is in it. */
const mainFile = (): string =>
  basename(import.meta.filename) === 'serve.ts' ? join(import.meta.dirname, '..', 'main.ts') : import.meta.filename;

/** An address as it stands in a URL. One that means "all addresses" is reached through loopback. */
const urlHost = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
};

const settingsFor = async ({ home, config, keep }: Base, run: string): Promise<WorkerSettings> => {
  const { readable, uidBase } = config.sandbox;
  const dataFolder = home.run(run);
  await mkdir(dataFolder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  return { dataFolder, keep, ...sandboxForWorkers(config), readable, uidBase, model: config.model };
};

const stopOn = (signal: AbortSignal, stop: () => void): void => {
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
};
