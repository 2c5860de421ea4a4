import { execFile, spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TRPCClient } from '@trpc/client';
import { clientOf } from '../../shared/client/client.ts';
import { findRunner } from '../../runner/local/find-runner.ts';
import type { ApiRouter } from '../../shared/api/router.ts';
import type { RunSummary } from '../../shared/run/summary.ts';
import { homeAt } from '../../runner/machine/home/home.ts';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { leasedRun, park } from '../bench/store-run.ts';
import { startFakeOpenAi, type FakeOpenAi } from '../fakes/openai/index.ts';
import { GitHub, hookSecret } from '../harness/github.ts';
import { gitIn } from '../harness/repository.ts';
import { tokenHash } from '../integration/server-set-up.ts';
import { longhaul, openFolder, projectRoot } from '../harness/rig.ts';
import { editorModel, type EditorModel } from './model.ts';

/**
 * All that a workbench works with, in one folder: the sample repository, a runner's home of its own, a scripted model over
 * HTTP. The runner is whichever the extension starts there; it outlives the workbench and ends with the place.
 */
export class Place implements AsyncDisposable {
  readonly folder: string;
  readonly repository: string;
  readonly home: string;
  readonly model: EditorModel;
  readonly #server: FakeOpenAi;
  #more: Readonly<Record<string, string>> = {};

  private constructor(folder: string, model: EditorModel, server: FakeOpenAi) {
    this.folder = folder;
    this.repository = path.join(folder, 'corner-shop');
    this.home = path.join(folder, 'home');
    this.model = model;
    this.#server = server;
  }

  /** `seeded`: so many runs are there already, most of them over, one in ten waiting for a person. */
  static async make({ seeded = 0 }: { readonly seeded?: number } = {}): Promise<Place> {
    const model = editorModel();
    const place = new Place(
      await openFolder('longhaul-editor-'),
      model,
      await startFakeOpenAi({ script: model.script, paceMs: 1 }),
    );
    await mkdir(place.home, { mode: 0o711 });
    await copySample(place.repository);
    if (seeded > 0) await seed(place.home, seeded);
    return place;
  }

  /**
   * Lets its runner publish to GitHub, which has what the repository has, look often at what becomes of it, and hear what happens there.
   * `developer`: the token of somebody who may not approve, and so has to have others asked.
   */
  async onGitHub(people: readonly string[], developer: string | null = null): Promise<GitHub> {
    const variable = 'GITHUB_TOKEN_OF_THE_RUNNER';
    const github = await GitHub.start(this.repository, people);
    const remote = github.remote(variable, 'HOOK_SECRET');
    await writeFile(
      path.join(this.home, 'config.yaml'),
      JSON.stringify(
        developer === null
          ? { remotes: [remote] }
          : {
              remotes: [{ ...remote, publish: 'ask' }],
              server: {
                tokens: [{ hash: tokenHash(developer), name: 'dev', tenant: 'local', role: 'developer' }],
              },
            },
      ),
    );
    this.#more = { [variable]: github.token, HOOK_SECRET: hookSecret, LONGHAUL_FOLLOW_SECONDS: '1' };
    return github;
  }

  /** What the extension host has in its environment. */
  get env(): Record<string, string> {
    return {
      ...this.#more,
      LONGHAUL_HOME: this.home,
      OPENAI_BASE_URL: this.#server.url,
      OPENAI_API_KEY: this.#server.apiKey,
      LONGHAUL_MODEL: 'scripted',
    };
  }

  /** Delegates from the command line. */
  delegate(goal: string, ...rest: readonly string[]): Promise<void> {
    return this.does('delegate', goal, ...rest);
  }

  /** Runs the command line. */
  async does(...args: readonly string[]): Promise<void> {
    await promisify(execFile)(process.execPath, [longhaul, ...args], {
      cwd: this.repository,
      env: { ...process.env, ...this.env },
    });
  }

  /** A client of the runner that the extension started. */
  async api(): Promise<TRPCClient<ApiRouter>> {
    for (;;) {
      const found = await findRunner(this.home);
      if (found.outcome === 'running') return clientOf({ url: found.file.url, token: found.token });
      // One that is there and does not answer within the second that it is given has a busy machine.
      if (found.outcome !== 'silent') throw new Error(`no runner answers for ${this.home}: ${found.outcome}`);
    }
  }

  /** The newest run, once it satisfies the condition. */
  async settled(wanted: (run: RunSummary) => boolean): Promise<RunSummary> {
    const [newest] = await this.listed(([run]) => run !== undefined && wanted(run));
    if (newest === undefined) throw new Error('no run');
    return newest;
  }

  /** All runs, newest first, once they satisfy the condition. */
  async listed(wanted: (runs: readonly RunSummary[]) => boolean): Promise<readonly RunSummary[]> {
    const api = await this.api();
    for (;;) {
      const page = await api.runs.list.query({ limit: 100 });
      // safe: the types of a wire that only carries JSON
      const runs = page.runs as readonly RunSummary[];
      if (wanted(runs)) return runs;
      await new Promise<void>((resolve, reject) => {
        const subscription = api.runs.feed.subscribe(
          { after: page.position },
          {
            onData: () => {
              subscription.unsubscribe();
              resolve();
            },
            onError: reject,
          },
        );
      });
    }
  }

  read(file: string): Promise<string> {
    return readFile(path.join(this.repository, file), 'utf8');
  }

  /** Runs the sample's own tests on the working tree. */
  testsPass(): boolean {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return spawnSync(process.execPath, ['--test'], { cwd: this.repository, env }).status === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    spawnSync(process.execPath, [longhaul, 'stop'], { env: { ...process.env, ...this.env } });
    await this.#server[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The sample repository in one commit. */
export const copySample = async (folder: string): Promise<void> => {
  await cp(path.join(projectRoot, 'scripts', 'sample'), folder, { recursive: true });
  await chmod(folder, 0o755);
  gitIn(folder, 'init', '--quiet', '--initial-branch=main');
  gitIn(folder, 'add', '--all');
  gitIn(folder, 'commit', '--quiet', '--message=Corner shop');
};

/** Writes runs into the store of a home that no runner has opened yet. */
const seed = async (home: string, count: number): Promise<void> => {
  const folder = homeAt(home).database;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await using store = await openSqliteStore({ folder });
  for (let index = 1; index <= count; index += 1) {
    const run = `run_seed${index}`;
    if (index % 10 === 0) await park(store, run);
    else {
      await leasedRun(store, run);
      await store.command(run, { kind: 'cancel', by: 'person:ada', reason: 'No longer needed' });
    }
  }
};
