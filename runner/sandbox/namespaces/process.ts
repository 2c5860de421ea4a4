import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { addAbortListener, once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, killQuietly, processStart } from '../../machine/processes/process-start.ts';
import { spawnCommand, type CommandDescriptors } from '../command-program.ts';
import type { Ended } from '../command-sandbox.ts';
import { joining, type CommandGroup } from './control-group.ts';

export interface Launch {
  readonly bwrap: string;
  readonly arguments: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Host path of the seccomp program. */
  readonly seccomp: string;
  /** Host path of a folder that commands do not see. */
  readonly scratch: string;
  /** What limits it as a whole; null: there is none to be had. */
  readonly group: CommandGroup | null;
  /** What the command reads; null: nothing. */
  readonly input: Readable | null;
  readonly onOutput: (chunk: Buffer) => void;
  /** Called once, with the host's id of the namespace's first process. */
  readonly onStart: (init: number) => void;
  /** Once it fires, every process of the sandbox is killed. */
  readonly kill: AbortSignal;
}

/** Behind those that bwrap is told of. */
const entranceFd = 6;

/**
 * Runs bwrap to its end. When the promise settles, the sandbox's process namespace is empty and all output has been handed over.
 * Throws only when bwrap itself cannot be executed.
 */
export async function launch(options: Launch): Promise<Ended> {
  const { scratch, user, kill } = options;
  if (kill.aborted) return { outcome: 'killed' };
  using spawned = await spawnCommand(scratch, user, (descriptors) => spawnBubblewrap(options, descriptors));
  if (spawned === null) return { outcome: 'too-long' };
  const { child, written, complaint } = spawned;
  const status = new NamespaceStatus(child, options.onStart);
  letGoAhead(child);
  typeInto(child, options.input);
  using _killing = addAbortListener(kill, () => status.kill());
  written.onData(options.onOutput);
  const closed = Promise.all([once(child, 'close'), written.closed]);
  // bwrap returns when its command does; what the command left behind may still hold the output open until it is killed too.
  await (child.exitCode === null && child.signalCode === null ? Promise.race([once(child, 'exit'), closed]) : closed);
  status.kill();
  await closed;
  await status.emptied();
  if (status.exitCode !== null && !status.wasKilledBy(kill)) return { outcome: 'exited', exitCode: status.exitCode };
  return kill.aborted ? { outcome: 'killed' } : { outcome: 'failed', complaint: complaint() };
}

/** Whoever types may go on when the command has ended: that is no error of theirs. */
const typeInto = (child: ChildProcess, input: Readable | null): void => {
  if (input === null || child.stdin === null) return;
  child.stdin.on('error', () => {});
  input.pipe(child.stdin);
  child.once('exit', () => input.unpipe());
};

function spawnBubblewrap(
  { bwrap, arguments: list, user, seccomp, group, input }: Launch,
  [nothing, output]: CommandDescriptors,
): ChildProcess {
  // bwrap reads the program from the descriptor's position, so each command needs one of its own.
  const filter = openSync(seccomp, 'r');
  using entrance = group?.entrance() ?? null;
  const [program, ...words] = entrance === null ? [bwrap, ...list] : joining(entranceFd, bwrap, list);
  const through = entrance === null ? [] : [entrance.descriptor];
  const stdio: StdioOptions = [input === null ? nothing : 'pipe', output, 'pipe', filter, 'pipe', 'pipe', ...through];
  try {
    // An empty environment: the first process of the namespace shows its own to all others, whatever bwrap clears for its child.
    return spawn(program, words, { env: {}, cwd: '/', stdio, ...user });
  } finally {
    closeSync(filter);
  }
}

/** The command begins when this process has heard from inside that all is set up, and was still there to hear it. */
const letGoAhead = (child: ChildProcess): void => {
  // safe: it is opened as a pipe above, which is a socket
  const socket = child.stdio.at(5) as Duplex;
  socket.once('data', () => socket.end('\n'));
  // It was killed before.
  socket.on('error', () => {});
};

/** What bwrap reports about its namespace: the first process, whose death ends all others, and the exit code of the command. */
class NamespaceStatus {
  exitCode: number | null = null;
  readonly #child: ChildProcess;
  readonly #onStart: (init: number) => void;
  #text = '';
  #init: { readonly pid: number; readonly startTime: number } | null = null;
  #killWanted = false;
  #exitCodeBeforeKill = false;

  constructor(child: ChildProcess, onStart: (init: number) => void) {
    this.#child = child;
    this.#onStart = onStart;
    // safe: it is opened as a pipe above, and the child does not read it
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => this.#read(text));
  }

  /** The command's own end counts even if the wish to kill it came a moment later. */
  wasKilledBy(kill: AbortSignal): boolean {
    return kill.aborted && !this.#exitCodeBeforeKill;
  }

  /**
   * Kills the namespace's first process and bwrap. While bwrap has not yet told who that is, it waits for it: killing bwrap alone at that point
   * could leave the namespace behind.
   */
  kill(): void {
    this.#killWanted = true;
    if (this.#init === null) return;
    if (isRunning(this.#init)) killQuietly(this.#init.pid);
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
  }

  /** The kernel reaps a namespace only after all its processes are gone; the first one is then dead or no longer listed. */
  async emptied(): Promise<void> {
    const init = this.#init;
    if (init === null) return;
    while (isRunning(init)) await delay(1);
  }

  #read(text: string): void {
    this.#text += text;
    const pid = /"child-pid": (\d+)/.exec(this.#text)?.[1];
    if (this.#init === null && pid !== undefined) {
      // One that is gone is no other process.
      this.#init = { pid: Number(pid), startTime: processStart(Number(pid)) ?? NaN };
      this.#onStart(this.#init.pid);
      if (this.#killWanted) this.kill();
    }
    const code = /"exit-code": (\d+)/.exec(this.#text)?.[1];
    if (this.exitCode === null && code !== undefined) {
      this.exitCode = Number(code);
      this.#exitCodeBeforeKill = !this.#killWanted;
    }
  }
}
