import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { rgPath } from '@vscode/ripgrep';
import { startFakeOpenAi, type FakeOpenAi, type Script } from '../fakes/openai/index.ts';
import { compiled, openFolder, projectRoot } from './rig.ts';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The built program as somebody has it who installed it: the bundle alone in a folder of its own, with none of the packages that
 * this repository has, a home where nothing ever was, and a runner that is started by the first command that needs one.
 */
export class Installed implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly program: string;
  readonly model: FakeOpenAi;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, model: FakeOpenAi) {
    this.folder = folder;
    this.home = path.join(folder, 'home');
    this.program = path.join(folder, 'program', 'longhaul.mjs');
    this.model = model;
    this.#env = {
      PATH: process.env['PATH'],
      ...compiled(),
      HOME: folder,
      LONGHAUL_HOME: this.home,
      // The editor names the one that it brings.
      LONGHAUL_RIPGREP: rgPath,
      LONGHAUL_MODEL: 'scripted',
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: model.apiKey,
    };
  }

  static async start(script: Script): Promise<Installed> {
    const installed = new Installed(await openFolder('longhaul-installed-'), await startFakeOpenAi({ script }));
    const dist = path.join(projectRoot, 'dist');
    await mkdir(path.dirname(installed.program));
    for (const file of await readdir(dist))
      if (file.endsWith('.mjs')) await cp(path.join(dist, file), path.join(path.dirname(installed.program), file));
    return installed;
  }

  /** Runs a command to its end. `begun` is called with its first output. */
  async run(
    args: readonly string[],
    options: {
      readonly cwd?: string;
      readonly input?: string;
      readonly env?: NodeJS.ProcessEnv;
      readonly begun?: () => Promise<unknown>;
    } = {},
  ): Promise<Said> {
    const child = spawn(process.execPath, [this.program, ...args], {
      cwd: options.cwd ?? this.folder,
      env: { ...this.#env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const first = once(child.stdout, 'data').then(() => options.begun?.());
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    // One that does not read its input may be gone before it is written.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    const [code] = await once(child, 'close');
    if (options.begun !== undefined) await first;
    return { code: Number(code), stdout, stderr };
  }

  /** The one JSON document that a command prints. */
  async json(args: readonly string[], options: { readonly cwd?: string } = {}): Promise<unknown> {
    const said = await this.run([...args, '--json'], options);
    if (said.code !== 0) throw new Error(`${args.join(' ')}: ${said.stderr}`);
    return JSON.parse(said.stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(['stop']);
    await this.model[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
