import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface TerminalOptions {
  readonly cwd: string;
  /** All of it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A shell that a person types into, a command at a time. Disposing it ends whatever is at work in it. */
export class Terminal implements AsyncDisposable {
  readonly #shell: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #watchers = new Set<() => void>();
  #said = '';
  #commands = 0;

  constructor({ cwd, env }: TerminalOptions) {
    // A group of its own, so that Ctrl-C and the end reach what it started.
    this.#shell = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: 'pipe', detached: true });
    this.#closed = once(this.#shell, 'close');
    for (const stream of [this.#shell.stdout, this.#shell.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#said += chunk.toString();
        for (const look of this.#watchers) look();
      });
  }

  /** Types it and waits for its end. Returns what it said and the code that it ended with. */
  async run(command: string): Promise<{ readonly code: number; readonly said: string }> {
    this.#commands += 1;
    const mark = `--- command ${this.#commands} ended with`;
    // Nobody answers it: what reads its input would take the next command for an answer.
    const typed = `{\n${command}\n} </dev/null\nprintf '%s %s\\n' '${mark}' "$?"\n`;
    const said = await this.#type(typed, new RegExp(`${mark} (\\d+)\n`));
    return { code: Number(/ended with (\d+)\n$/.exec(said)?.[1]), said };
  }

  /** Types what does not end by itself, and waits until it says this. */
  async start(command: string, says: RegExp): Promise<string> {
    return this.#type(`{\n${command}\n} </dev/null\n`, says);
  }

  async #type(text: string, until: RegExp): Promise<string> {
    const from = this.#said.length;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      const said = this.#said.slice(from);
      if (until.test(said)) resolve(said);
    };
    this.#watchers.add(look);
    void this.#closed.then(() => reject(new Error(`the shell ended after ${text}\n${this.#said.slice(from)}`)));
    this.#shell.stdin?.write(text);
    try {
      return await promise;
    } finally {
      this.#watchers.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.#shell;
    // What it starts is asked as Ctrl-C does it; the shell itself goes when its input ends.
    if (pid !== undefined) process.kill(-pid, 'SIGINT');
    this.#shell.stdin?.end();
    await this.#closed;
  }
}
