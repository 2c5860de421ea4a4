import { CommandStop } from './command-stop.ts';
import { OutputWindow } from './output-window.ts';
import type { Sandbox, SandboxCommand, SandboxResult, SandboxRunOptions } from './sandbox.ts';

/** How a command ended, as the adapter saw it. */
export type Ended =
  /** The command ran. */
  | { readonly outcome: 'exited'; readonly exitCode: number }
  /** `kill` fired. */
  | { readonly outcome: 'killed' }
  /** The tree that the command left is larger than its quota. */
  | { readonly outcome: 'limit' }
  /** The kernel ended it, because its processes used more memory than they may. */
  | { readonly outcome: 'memory' }
  /** The operating system takes no arguments this long. */
  | { readonly outcome: 'too-long' }
  /** The sandbox could not be set up; `complaint` is what its programs wrote. */
  | { readonly outcome: 'failed'; readonly complaint: string };

export interface Outlets {
  readonly onOutput: (chunk: Buffer) => void;
  /** For bytes in the middle of the output that are not handed over. */
  readonly onCut: (bytes: number) => void;
  /** Asks again and again from now on, until the command ends; the first yes fires `kill`. */
  readonly watch: (limit: 'limit' | 'memory', exceeded: () => Promise<boolean>) => void;
  /** Once it fires, every process of the command is to be killed. */
  readonly kill: AbortSignal;
}

/** How it ended, and where it was and was not let through to. */
export type Launched = Ended & {
  readonly refusedHosts?: readonly string[] | undefined;
  readonly reachedHosts?: readonly string[] | undefined;
};

/** What an adapter does: it confines one command at a time. The rest of the port is the same for all, and in `CommandSandbox`. */
export interface Confinement extends AsyncDisposable {
  /** Runs a command to its end. When it settles, no process of it is left, and all output has been handed over. Throws on broken I/O. */
  launch(command: SandboxCommand, outlets: Outlets): Promise<Launched>;
}

/** A `du` of 5,000 files takes about 10 ms, so this is a load of 2 %, and a disk that takes 1 GB/s gets 0.5 GB beyond the quota. */
const usualQuotaPollMs = 500;
/** Filling new memory is slower than 4 GB/s for each processor. A look at ten processes takes 0.2 ms. */
const usualMemoryPollMs = 50;
/** What a shell answers for a command that it found and could not execute. */
const cannotExecute = 126;

/** The port over one way to confine: commands one after the other, with their time, their output and why they ended. */
export class CommandSandbox implements Sandbox {
  readonly #confinement: Confinement;
  readonly #quotaPollMs: number | undefined;
  readonly #disposal = new AbortController();
  /** The command before: each waits for it, whatever became of it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(confinement: Confinement, quotaPollMs?: number) {
    this.#confinement = confinement;
    this.#quotaPollMs = quotaPollMs;
  }

  run(command: SandboxCommand, options: SandboxRunOptions): Promise<SandboxResult> {
    const result = this.#last.then(() => this.#run(command, options));
    this.#last = result.catch(() => {});
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort();
    await this.#last;
    await this.#confinement[Symbol.asyncDispose]();
  }

  async #run(command: SandboxCommand, { signal, onOutput }: SandboxRunOptions): Promise<SandboxResult> {
    if (this.#disposal.signal.aborted) throw new Error('this sandbox has been closed');
    const began = performance.now();
    const output = new OutputWindow(command.maxOutputBytes);
    using stop = new CommandStop({
      timeoutMs: command.timeoutMs,
      cancel: AbortSignal.any([signal, this.#disposal.signal]),
    });
    const ended = await this.#confinement.launch(command, {
      onOutput: (chunk) => {
        output.push(chunk);
        onOutput?.(chunk);
      },
      onCut: (bytes) => output.skip(bytes),
      watch: watching(stop, this.#quotaPollMs),
      kill: stop.signal,
    });
    if (ended.outcome === 'failed') throw new Error(`the sandbox could not be started: ${ended.complaint}`);
    if (ended.outcome === 'too-long') output.push(Buffer.from('Argument list too long\n'));
    return {
      ...conclude(ended, stop),
      ...output.read(),
      durationMs: performance.now() - began,
      refusedHosts: ended.refusedHosts ?? [],
      reachedHosts: ended.reachedHosts ?? [],
    };
  }
}

/** Has a command's limits looked at as long as it runs. */
export const watching =
  (stop: CommandStop, quotaPollMs = usualQuotaPollMs): Outlets['watch'] =>
  (reason, exceeded) =>
    stop.watch({ reason, everyMs: reason === 'limit' ? quotaPollMs : usualMemoryPollMs, exceeded });

export const conclude = (ended: Ended, stop: CommandStop): Pick<SandboxResult, 'outcome' | 'exitCode'> => {
  switch (ended.outcome) {
    case 'exited':
      return { outcome: 'exited', exitCode: ended.exitCode };
    case 'too-long':
    case 'failed':
      return { outcome: 'exited', exitCode: cannotExecute };
    case 'limit':
    case 'memory':
      return { outcome: ended.outcome, exitCode: null };
    case 'killed':
      return { outcome: stop.reason ?? 'cancelled', exitCode: null };
  }
};
