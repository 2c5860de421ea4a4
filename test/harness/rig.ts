import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { ApiRouter } from '../../shared/api/router.ts';
import type { DelegateInput } from '../../shared/api/runner-api.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { startFakeOpenAi, type FakeOpenAi, type Script } from '../fakes/openai/index.ts';

export const projectRoot = path.resolve(import.meta.dirname, '../..');
export const longhaul = path.join(projectRoot, 'dist', 'longhaul.mjs');

/** What each start of the program would compile anew is compiled once for all tests: vitest.config.ts says where. */
export const compiled = (): NodeJS.ProcessEnv => {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
};

export type Client = ReturnType<typeof clientOf>;

const clientOf = (url: string, token: string) => {
  const headers = { authorization: `Bearer ${token}` };
  return createTRPCClient<ApiRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url: `${url}/trpc`,
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
          },
        }),
        false: httpLink({ url: `${url}/trpc`, headers }),
      }),
    ],
  });
};

export interface RigOptions {
  readonly script: Script;
  /** Ms between two events of the model's answers, where the rig has a model of its own; left out: none. */
  readonly paceMs?: number;
  /** Settings of the runner, as its environment has them. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of the runner, as its `config.yaml` has them. */
  readonly config?: object;
  /** A model that others use as well, and that outlives this rig; without it the rig has one of its own. */
  readonly model?: FakeOpenAi;
  /** Folders that several homes have in common, below one folder, as on a file system that several machines mount. */
  readonly shared?: { readonly folder: string; readonly names: readonly 'blobs'[] };
  /** Who owns the rig's folder. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Given the rig's folder: where `inside` puts this project, for a runner whose user cannot get to where it lies. */
  readonly projectAt?: (folder: string) => string;
  /** Given the rig's folder: words before the runner's own, to start it inside of something or as somebody else. */
  readonly inside?: (folder: string) => readonly string[];
  /** How much the runner logs; left out: as it does by itself. */
  readonly logLevel?: 'debug';
}

/** A folder that a sandbox's user may enter, as a real home is. */
export const openFolder = async (prefix: string): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), prefix));
  await chmod(folder, 0o711);
  return folder;
};

/**
 * A real runner in a process of its own, on a home of its own, against a scripted model over HTTP. It can be killed and
 * started again; the model outlives it.
 */
export class Rig implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly model: FakeOpenAi;
  readonly env: NodeJS.ProcessEnv;
  client: Client | null = null;
  url = '';
  token = '';
  /** Node and the bundle, as the runner is started. */
  readonly #program: readonly [string, string];
  /** Words before the runner's own. */
  readonly #prefix: readonly string[];
  /** Of `serve`. */
  readonly #options: readonly string[];
  readonly #ownsModel: boolean;
  #runner: ChildProcess | null = null;
  /** Fires when the runner at hand is gone, so that nobody waits for what it would have said. */
  #life = new AbortController();
  #served: number | null = null;
  #log = '';
  readonly #watchers = new Set<() => void>();

  private constructor(folder: string, model: FakeOpenAi, options: RigOptions) {
    const { env, inside, projectAt } = options;
    const project = projectAt?.(folder) ?? projectRoot;
    const moved = (file: string): string =>
      file.startsWith(`${projectRoot}/`) ? path.join(project, path.relative(projectRoot, file)) : file;
    this.#program = [moved(process.execPath), moved(longhaul)];
    this.folder = folder;
    this.home = path.join(folder, 'home');
    this.model = model;
    this.#options = options.logLevel === undefined ? [] : ['--log-level', options.logLevel];
    this.#ownsModel = options.model === undefined;
    this.#prefix = inside?.(folder) ?? [];
    const { PATH = '/usr/bin:/bin' } = process.env;
    this.env = {
      PATH,
      ...compiled(),
      HOME: folder,
      LONGHAUL_HOME: this.home,
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: model.apiKey,
      LONGHAUL_MODEL: 'scripted',
      ...env,
    };
  }

  static async start(options: RigOptions): Promise<Rig> {
    const rig = await Rig.prepared(options);
    await rig.start();
    return rig;
  }

  /** With a home and a model, and no runner yet. */
  static async prepared(options: RigOptions): Promise<Rig> {
    const { script, paceMs = 0, config, owner, shared } = options;
    const model = options.model ?? (await startFakeOpenAi({ script, paceMs }));
    const rig = new Rig(await openFolder('longhaul-rig-'), model, options);
    await mkdir(rig.home);
    for (const name of shared?.names ?? []) {
      const there = path.join(shared?.folder ?? '', name);
      await mkdir(there, { recursive: true });
      await symlink(there, path.join(rig.home, name));
    }
    if (config !== undefined) await writeFile(path.join(rig.home, 'config.yaml'), JSON.stringify(config));
    if (owner !== undefined) for (const each of [rig.folder, rig.home]) await chown(each, owner.uid, owner.gid);
    return rig;
  }

  get api(): Client {
    if (this.client === null) throw new Error('the runner is not running');
    return this.client;
  }

  /** Of the runner itself, whatever it was started inside of. */
  get pid(): number {
    if (this.#served === null) throw new Error('the runner is not running');
    return this.#served;
  }

  /** Starts the runner and waits until it answers. */
  async start(): Promise<void> {
    const words = [...this.#prefix, ...this.#program, 'serve', '--json', ...this.#options];
    const runner = spawn(words[0] ?? process.execPath, words.slice(1), {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#runner = runner;
    const life = new AbortController();
    this.#life = life;
    runner.once('exit', () => life.abort(new Error('the runner is not running any more')));
    for (const stream of [runner.stdout, runner.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
        for (const look of this.#watchers) look();
      });
    const [line] = await Promise.race([
      once(createInterface({ input: runner.stdout }), 'line'),
      once(runner, 'exit').then(([code]) => {
        throw new Error(`the runner exited with ${String(code)}:\n${this.#log}`);
      }),
    ]);
    // safe: what its help says
    const said = JSON.parse(String(line)) as { url: string; pid: number } | { error: object };
    if ('error' in said) {
      if (runner.exitCode === null) await once(runner, 'exit');
      throw new Error(`the runner did not start:\n${this.#log}`);
    }
    this.url = said.url;
    this.#served = said.pid;
    this.token = (await readFile(path.join(this.seenHome, 'token'), 'utf8')).trim();
    this.client = clientOf(this.url, this.token);
  }

  /** The home as it is seen from here: where the runner has mounts of its own, that is not where it sees it. */
  get seenHome(): string {
    return this.#prefix.length === 0 ? this.home : `/proc/${this.pid}/root${this.home}`;
  }

  /** SIGKILL to the control plane alone; its workers notice by themselves. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const runner = this.#runner;
    if (runner === null || runner.exitCode !== null || runner.signalCode !== null) return;
    const exited = once(runner, 'exit');
    if (this.#served === null) runner.kill(signal);
    else process.kill(this.#served, signal);
    await exited;
    this.client = null;
    this.#served = null;
  }

  /** What the runner exited with last; null while it runs, and where a signal ended it. */
  get exitCode(): number | null {
    return this.#runner?.exitCode ?? null;
  }

  /** Process ids of the runner's workers, busy or warm; not those of the git that it has at work itself. */
  async workers(): Promise<number[]> {
    const children = await childrenOf(this.pid);
    const commands = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return children.filter((_, index) => commands[index]?.includes('\0worker-child'));
  }

  async delegate(
    input: { readonly goal: string; readonly repository: string } & Partial<DelegateInput>,
  ): Promise<RunState> {
    return this.api.runs.delegate.mutate(input);
  }

  /** The first event after `after` that satisfies the condition. Rejects if the runner goes away meanwhile. */
  async event(run: string, wanted: (event: RunEvent) => boolean, after = 0): Promise<RunEvent> {
    const { signal } = this.#life;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        subscription.unsubscribe();
        reject(signal.reason);
      };
      const subscription = this.api.runs.feed.subscribe(
        { run, after },
        {
          onData: ({ data }) => {
            if (!wanted(data)) return;
            signal.removeEventListener('abort', end);
            subscription.unsubscribe();
            resolve(data);
          },
          onError: reject,
        },
      );
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }

  /** The state once the run has a status that satisfies the condition. */
  async settled(run: string, wanted: (state: RunState) => boolean): Promise<RunState> {
    const get = async () => (await this.api.runs.get.query({ run })) as RunState; // safe: as above
    let state = await get();
    while (!wanted(state)) {
      await this.event(run, ({ seq }) => seq > state.seq);
      state = await get();
    }
    return state;
  }

  async events(run: string): Promise<readonly RunEvent[]> {
    return this.api.runs.events.query({ run, limit: 1000 });
  }

  /** Runs the command line against this runner. */
  async cli(
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [longhaul, ...args], {
      cwd: options.cwd ?? this.folder,
      env: { ...this.env, LONGHAUL_HOME: this.#served === null ? this.home : this.seenHome, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = await once(child, 'close');
    return { code: Number(code), stdout, stderr };
  }

  /** Resolves when the runner's log has something that matches. */
  logged(pattern: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!pattern.test(this.#log)) return;
      this.#watchers.delete(look);
      resolve();
    };
    this.#watchers.add(look);
    look();
    return promise;
  }

  /** What the runner logged so far. */
  get output(): string {
    return this.#log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#ownsModel) await this.model[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(/\s+/).filter(Boolean).map(Number);
