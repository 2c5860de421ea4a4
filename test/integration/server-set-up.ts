import { fileURLToPath } from 'node:url';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client';
import { EventSource } from 'eventsource';
import { loadConfig, type RunnerConfig } from '../../runner/machine/config/config.ts';
import { homeAt, type Home } from '../../runner/machine/home/home.ts';
import { serve, type ServeOptions, type Serving } from '../../runner/control/serve.ts';
import { signRunToken } from '../../runner/control/server/run-token.ts';
import { createFixture } from '../../runner/machine/git/fixture.ts';
import type { ApiRouter } from '../../shared/api/router.ts';
import type { DelegateInput, FeedInput } from '../../shared/api/runner-api.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { untrustedOf } from '../../shared/client/untrusted.ts';
import type { RunState } from '../../shared/run/state.ts';

const idleWorker = fileURLToPath(new URL('./server-idle-worker.ts', import.meta.url));

export type Client = ReturnType<typeof clientOf>;

export const clientOf = (url: string, token: string | null) => {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return createTRPCClient<ApiRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({
          url: `${url}/trpc`,
          EventSource,
          eventSourceOptions: () => ({
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
          }),
        }),
        false: httpLink({ url: `${url}/trpc`, headers }),
      }),
    ],
  });
};

export const configFor = async (
  change: (config: RunnerConfig) => RunnerConfig = (same) => same,
): Promise<RunnerConfig> => {
  const loaded = await loadConfig({ flags: {}, env: {}, file: '/nonexistent/config.yaml' });
  if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join('\n'));
  return change({ ...loaded.config, limits: { workers: 2, perTenant: null, perRepository: null } });
};

export interface Runner extends AsyncDisposable {
  readonly folder: string;
  readonly home: Home;
  readonly config: RunnerConfig;
  readonly repo: string;
  readonly serving: Serving;
  readonly client: Client;
  /** Stops the runner and starts another on the same home, with these settings from then on. */
  restart(change?: (config: RunnerConfig) => RunnerConfig): Promise<void>;
  delegate(input?: Partial<DelegateInput>): Promise<RunState>;
  /** A worker's client and token for the activation that the run is queued or held with. */
  workerFor(state: RunState): Promise<{ client: Client; token: string; activation: string }>;
}

export interface RunnerOptions extends Partial<ServeOptions> {
  readonly change?: (config: RunnerConfig) => RunnerConfig;
}

/** A real runner on loopback, with a repository to delegate on; its workers do nothing, so tests can be the worker. */
export const startRunner = async ({ change, ...options }: RunnerOptions = {}): Promise<Runner> => {
  const folder = await mkdtemp(join(tmpdir(), 'server-'));
  await chmod(folder, 0o711);
  const fixture = await createFixture();
  fixture.write('hello.txt', 'hello\n');
  await fixture.commit('First');
  let config = await configFor(change);
  const start = (): Promise<Serving> =>
    serve({
      home: join(folder, 'home'),
      config,
      logLevel: 'silent',
      priceOf: async () => ({ input: 1, output: 2 }),
      worker: [process.execPath, idleWorker],
      ...options,
    });
  let serving = await start();
  const home = homeAt(join(folder, 'home'));
  const secret = Buffer.from((await readFile(home.secret, 'utf8')).trim(), 'hex');
  return {
    folder,
    home,
    get config() {
      return config;
    },
    repo: fixture.repo,
    get serving() {
      return serving;
    },
    get client() {
      return clientOf(serving.url, serving.token);
    },
    restart: async (other = (same) => same) => {
      await serving.close();
      config = other(config);
      serving = await start();
    },
    delegate: (input = {}) =>
      clientOf(serving.url, serving.token).runs.delegate.mutate({
        goal: 'Say hello',
        repository: fixture.repo,
        ...input,
      }),
    workerFor: async (state) => {
      if (!('activation' in state)) throw new Error(`run ${state.id} has no activation: it is ${state.status}`);
      const token = signRunToken(secret, { run: state.id, activation: state.activation, now: Date.now() });
      return { client: clientOf(serving.url, token), token, activation: state.activation };
    },
    async [Symbol.asyncDispose]() {
      await serving.close();
      await fixture[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The hash of what a repository's settings open, from the refusal that asks whether it may be. */
export const trustIn = async (refused: Promise<unknown>): Promise<string> => {
  const asked = await refused.then(
    () => null,
    (error: unknown) => untrustedOf(error),
  );
  if (asked === null) throw new Error('nobody was asked to agree to anything');
  return asked.hash;
};

/** The code and refusal of a call that must fail. */
export const failureOf = async (
  call: Promise<unknown>,
): Promise<{ code: string; refusal: string | null; message: string }> => {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error;
    const data = error.data as { code: string; refusal: { code: string } | null; stack?: unknown }; // safe: the router's own shape
    if ('stack' in data) throw new Error('a stack reached the client', { cause: error });
    return { code: data.code, refusal: data.refusal?.code ?? null, message: error.message };
  }
  throw new Error('the call was expected to fail');
};

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A request with exactly these headers, Host included. */
export const send = (
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method: options.method ?? 'GET', headers: options.headers ?? {} }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(options.body);
  });

/** Follows the feed until it is told to stop; `until` waits for an event that is like this. */
export const follow = (client: Client, input: Partial<FeedInput>) => {
  const events: RunEvent[] = [];
  const connections: number[] = [];
  let changed = Promise.withResolvers<void>();
  const note = (): void => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const subscription = client.runs.feed.subscribe(input, {
    onData: ({ data }) => {
      events.push(data);
      note();
    },
    onConnectionStateChange: ({ state }) => {
      if (state === 'pending') connections.push(performance.now());
      note();
    },
    onError: (error) => changed.reject(error),
  });
  const until = async (look: () => boolean): Promise<void> => {
    while (!look()) await changed.promise;
  };
  return {
    events,
    connections,
    until,
    saw: (type: RunEvent['body']['type'], run?: string) =>
      until(() => events.some((event) => event.body.type === type && (run === undefined || event.run === run))),
    [Symbol.dispose]: () => subscription.unsubscribe(),
  };
};
