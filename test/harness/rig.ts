import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { ApiRouter } from '../../shared/api/router.ts';
import type { DelegateInput } from '../../shared/api/runner-api.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { startFakeOpenAi, type FakeOpenAi, type Script } from '../fakes/openai/index.ts';

export const projectRoot = path.resolve(import.meta.dirname, '../..');
export const longhaul = path.join(projectRoot, 'dist', 'longhaul.mjs');

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
  /** Settings of the runner, as its environment has them. */
  readonly env?: Readonly<Record<string, string>>;
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
  private runner: ChildProcess | null = null;
  private log = '';

  private constructor(folder: string, model: FakeOpenAi, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.home = path.join(folder, 'home');
    this.model = model;
    const { PATH = '/usr/bin:/bin' } = process.env;
    this.env = {
      PATH,
      HOME: folder,
      LONGHAUL_HOME: this.home,
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: model.apiKey,
      LONGHAUL_MODEL: 'scripted',
      ...env,
    };
  }

  static async start(options: RigOptions): Promise<Rig> {
    const rig = new Rig(
      await openFolder('longhaul-rig-'),
      await startFakeOpenAi({ script: options.script }),
      options.env ?? {},
    );
    await rig.start();
    return rig;
  }

  get api(): Client {
    if (this.client === null) throw new Error('the runner is not running');
    return this.client;
  }

  get pid(): number {
    const pid = this.runner?.pid;
    if (pid === undefined) throw new Error('the runner is not running');
    return pid;
  }

  /** Starts the runner and waits until it answers. */
  async start(): Promise<void> {
    await mkdir(this.home, { recursive: true });
    const file = path.join(this.home, 'runner.json');
    await rm(file, { force: true });
    const runner = spawn(process.execPath, [longhaul, 'serve'], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.runner = runner;
    for (const stream of [runner.stdout, runner.stderr])
      stream?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    await Promise.race([
      appears(file),
      once(runner, 'exit').then(([code]) => {
        throw new Error(`the runner exited with ${String(code)}:\n${this.log}`);
      }),
    ]);
    // safe: the runner wrote it, and its test says what it holds
    this.url = (JSON.parse(await readFile(file, 'utf8')) as { url: string }).url;
    this.token = (await readFile(path.join(this.home, 'token'), 'utf8')).trim();
    this.client = clientOf(this.url, this.token);
  }

  /** SIGKILL to the control plane alone; its workers notice by themselves. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { runner } = this;
    if (runner === null || runner.exitCode !== null || runner.signalCode !== null) return;
    const exited = once(runner, 'exit');
    runner.kill(signal);
    await exited;
    this.client = null;
  }

  /** Process ids of the runner's workers, busy or warm. */
  async workers(): Promise<number[]> {
    return childrenOf(this.pid);
  }

  async delegate(
    input: { readonly goal: string; readonly repository: string } & Partial<DelegateInput>,
  ): Promise<RunState> {
    return this.api.runs.delegate.mutate(input);
  }

  /** The first event from `after` on that satisfies the condition; follows the feed, through restarts of the runner if it must. */
  async event(run: string, wanted: (event: RunEvent) => boolean, after = 0): Promise<RunEvent> {
    return new Promise((resolve, reject) => {
      const subscription = this.api.runs.feed.subscribe(
        { run, after },
        {
          onData: ({ data }) => {
            const event = data as RunEvent; // safe: as above
            if (!wanted(event)) return;
            subscription.unsubscribe();
            resolve(event);
          },
          onError: reject,
        },
      );
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
      env: { ...this.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = await once(child, 'close');
    return { code: Number(code), stdout, stderr };
  }

  /** What the runner logged so far. */
  get output(): string {
    return this.log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.model[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(/\s+/).filter(Boolean).map(Number);

/** Resolves when a file is there. */
const appears = async (file: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(path.dirname(file), () => {
    if (existsSync(file)) resolve();
  });
  if (existsSync(file)) resolve();
  await promise;
  watcher.close();
};
