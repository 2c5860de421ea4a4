import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Sandbox, SandboxRefusal, SandboxResult } from '../../runner/sandbox/sandbox.ts';
import type { DriverAnswer, DriverRequest } from './driver-protocol.ts';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

export type OpenRequest = Omit<Extract<DriverRequest, { do: 'open' }>, 'id' | 'do' | 'container'> &
  Partial<Pick<Extract<DriverRequest, { do: 'open' }>, 'container'>>;
type Unnumbered = DriverRequest extends infer Request
  ? Request extends DriverRequest
    ? Omit<Request, 'id'>
    : never
  : never;

export interface DriverOptions {
  /** Null: the user of this process. */
  readonly as: User | null;
  readonly env: Readonly<Record<string, string>>;
  /** Words before the program, to start it inside of something, given the folder that it lies in. */
  readonly prefix?: (folder: string) => readonly string[];
}

/** A worker process of its own, started as a user. */
export class Driver implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #count = 0;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      // safe: the driver writes nothing else
      const { id, value, threw } = JSON.parse(line) as DriverAnswer;
      const waiting = this.#waiting.get(id);
      if (threw === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(threw));
    });
    child.once('exit', (code, signal) => {
      for (const waiting of this.#waiting.values())
        waiting.reject(new Error(`the driver ended with ${code ?? signal}`));
    });
  }

  static async start({ as, env, prefix = () => [] }: DriverOptions): Promise<Driver> {
    const folder = await mkdtemp(join(tmpdir(), 'driver-'));
    await chmod(folder, 0o755);
    const program = join(folder, 'driver.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('driver.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const [command, ...list] = [...prefix(folder), await enterableNode(folder, as), program];
    const child = spawn(command, list, {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: '/',
      env: { PATH: process.env['PATH'], ...env },
      ...as,
    });
    return new Driver(child, folder);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Ends the process as a crash would. */
  async crash(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async probe(container: Extract<DriverRequest, { do: 'probe' }>['container'] = null): Promise<unknown> {
    return this.#ask({ do: 'probe', container }).value;
  }

  async open(request: OpenRequest): Promise<Sandbox | SandboxRefusal> {
    const { id, value } = this.#ask({ do: 'open', container: null, ...request });
    // safe: what the driver answers to `open`
    const answer = (await value) as { outcome: 'ok' } | SandboxRefusal;
    if (answer.outcome === 'refused') return answer;
    return {
      run: async (command, { signal }) => {
        const run = this.#ask({ do: 'run', sandbox: id, command });
        const abort = (): void => void this.#ask({ do: 'abort', run: run.id });
        if (signal.aborted) abort();
        signal.addEventListener('abort', abort, { once: true });
        // safe: what the driver answers to `run`
        return (await run.value) as SandboxResult;
      },
      [Symbol.asyncDispose]: async () => void (await this.#ask({ do: 'close', sandbox: id }).value),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.stdin!.end();
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  #ask(request: Unnumbered): { readonly id: number; readonly value: Promise<unknown> } {
    this.#count += 1;
    const id = this.#count;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.stdin!.write(`${JSON.stringify({ id, ...request })}\n`);
    return { id, value: waiting.promise };
  }
}

/** The path of this Node, or of a copy where the user may not go to where it lies. */
async function enterableNode(folder: string, as: User | null): Promise<string> {
  try {
    execFileSync(process.execPath, ['--version'], { stdio: 'ignore', cwd: '/', ...as });
    return process.execPath;
  } catch {
    const copy = join(folder, 'node');
    await copyFile(process.execPath, copy);
    await chmod(copy, 0o755);
    return copy;
  }
}
