import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { promisify } from 'node:util';
import { startFakeOpenAi, type Script } from '../test/fakes/openai/index.ts';

const root = path.resolve(import.meta.dirname, '..');
const longhaul = path.join(root, 'dist', 'longhaul.mjs');

export const say = (text: string): void => console.log(`\n\u001b[1m${text}\u001b[0m`);

export interface StageOptions {
  /** Of its folder in the world's /tmp. */
  readonly name: string;
  /** What the model says where there is no key for a real one. */
  readonly script: Script;
  /** It answers what a person is asked. */
  readonly yes: boolean;
  /** More settings of the runner. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Where a demo plays: a copy of the sample repository, a home of its own, and the built program as a user would call it. With OPENAI_API_KEY or
 * OPENAI_BASE_URL a real model does the work; without, a scripted one over real HTTP.
 */
export class Stage implements AsyncDisposable {
  /** As root, commands run as another user, which must be able to enter this folder: it lies in the world's /tmp. */
  readonly folder: string;
  readonly repository: string;
  readonly home: string;
  readonly scripted: boolean;
  readonly #env: NodeJS.ProcessEnv;
  readonly #model: Awaited<ReturnType<typeof startFakeOpenAi>> | null;
  readonly #yes: boolean;

  private constructor({ name, yes, env }: StageOptions, model: Awaited<ReturnType<typeof startFakeOpenAi>> | null) {
    this.folder = path.join(tmpdir(), `${name}-${process.getuid?.() ?? 'user'}`);
    this.repository = path.join(this.folder, 'corner-shop');
    this.home = path.join(this.folder, 'home');
    this.scripted = model !== null;
    this.#model = model;
    this.#yes = yes;
    const scripted = model && {
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: model.apiKey,
      LONGHAUL_MODEL: 'scripted',
      LONGHAUL_API: 'responses',
    };
    this.#env = { ...process.env, ...env, LONGHAUL_HOME: this.home, ...scripted };
  }

  /** Anew: what an earlier demo of this name left is gone. */
  static async open(options: StageOptions): Promise<Stage> {
    const real = process.env['OPENAI_API_KEY'] !== undefined || process.env['OPENAI_BASE_URL'] !== undefined;
    const stage = new Stage(options, real ? null : await startFakeOpenAi({ script: options.script, paceMs: 15 }));
    // A runner of an earlier demo has nothing to wait for.
    if (spawnSync(process.execPath, [longhaul, 'stop'], { env: stage.#env, stdio: 'ignore' }).error !== undefined)
      throw new Error('node cannot be run');
    rmSync(stage.folder, { recursive: true, force: true });
    mkdirSync(stage.home, { recursive: true });
    chmodSync(stage.folder, 0o711);
    cpSync(path.join(root, 'scripts', 'sample'), stage.repository, { recursive: true });
    return stage;
  }

  /** As somebody who has no settings of their own. */
  async git(...args: readonly string[]): Promise<void> {
    const who = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.invalid'];
    await promisify(execFile)('git', ['-C', this.repository, ...who, ...args]);
  }

  /** Commits the sample as it lies there. */
  async commit(): Promise<void> {
    await this.git('init', '--quiet', '--initial-branch=main');
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message=Corner shop');
  }

  /** Runs the command line as a user would, with what it prints on the screen. Returns its exit code. */
  async run(...args: readonly string[]): Promise<number> {
    const words = args.map((arg) => (/^[\w./=:-]+$/.test(arg) ? arg : `'${arg}'`));
    console.log(`\u001b[2m$ longhaul ${words.join(' ')}\u001b[0m`);
    const child = spawn(process.execPath, [longhaul, ...args], {
      cwd: this.repository,
      env: this.#env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    return Number(code);
  }

  /** The same, for its JSON. What it talks to may be in this process, which must not stand still meanwhile. */
  async ask(...args: readonly string[]): Promise<unknown> {
    const options = { cwd: this.repository, env: this.#env };
    const { stdout } = await promisify(execFile)(process.execPath, [longhaul, ...args, '--json'], options);
    return JSON.parse(stdout);
  }

  async agreed(question: string): Promise<boolean> {
    if (this.#yes) {
      console.log(`${question} yes (--yes)`);
      return true;
    }
    if (!process.stdin.isTTY) throw new Error('There is no terminal to ask on. Say it with --yes, after --.');
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await terminal.question(`${question} [y/N] `);
    terminal.close();
    return /^y(es)?$/i.test(answer.trim());
  }

  /** Follows a run, and has the person decide what it asks for. Returns the exit code of what watched it to its end; `began`: of what watches it now. */
  async decided(run: string, began: number): Promise<number> {
    let code = began;
    while (code === 3) {
      // safe: what its help says it prints
      const { decisions } = (await this.ask('decisions')) as {
        readonly decisions: readonly { readonly request: { readonly id: string } }[];
      };
      const [decision] = decisions;
      if (decision === undefined) break;
      say('   The agent asks for something that this repository wants a person to decide');
      await this.run('decisions');
      code = (await this.agreed('Approve it?'))
        ? await this.run('approve', decision.request.id, '--yes')
        : await this.run('reject', decision.request.id, '--reason', 'Leave the recorded receipts as they are');
      if (code === 0) code = await this.run('watch', run);
    }
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run('stop');
    await this.#model?.[Symbol.asyncDispose]();
  }
}
