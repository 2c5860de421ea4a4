import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { inputFile, OutputPipe } from '../command-pipe.ts';
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
  readonly stdin?: string | undefined;
  /** What limits it as a whole; null: there is none to be had. */
  readonly group: CommandGroup | null;
  readonly onOutput: (chunk: Buffer) => void;
  /** Called once, with the host's id of the namespace's first process. */
  readonly onStart: (init: number) => void;
  /** Once it fires, every process of the sandbox is killed. */
  readonly kill: AbortSignal;
}

const COMPLAINT_BYTES = 4096;
/** Behind those that bwrap is told of. */
const ENTRANCE_FD = 5;

/**
 * Runs bwrap to its end. When the promise settles, the sandbox's process namespace is empty and all output has been handed over.
 * Throws only when bwrap itself cannot be executed.
 */
export async function launch(options: Launch): Promise<Ended> {
  if (options.kill.aborted) return { outcome: 'killed' };
  const { scratch, user, stdin } = options;
  using written = await OutputPipe.make(join(scratch, 'output'), user);
  const input = stdin === undefined ? null : await inputFile(join(scratch, 'input'), stdin);
  const child = spawnBubblewrap(options, { written, input });
  if (child === 'too-long') return { outcome: 'too-long' };
  const status = new NamespaceStatus(child, options.onStart);
  const onKill = (): void => status.kill();
  options.kill.addEventListener('abort', onKill);
  // The signal may have fired while the pipe was made: it fires no more.
  if (options.kill.aborted) onKill();
  const complaint: Buffer[] = [];
  try {
    written.onData(options.onOutput);
    output(child, 2).on('data', (chunk: Buffer) => complaint.push(chunk.subarray(0, COMPLAINT_BYTES)));
    const closed = Promise.all([once(child, 'close'), written.closed]);
    // bwrap returns when its command does; what the command left behind may still hold the output open until it is killed too.
    await (child.exitCode === null && child.signalCode === null ? Promise.race([once(child, 'exit'), closed]) : closed);
    status.kill();
    await closed;
    await status.emptied();
  } finally {
    options.kill.removeEventListener('abort', onKill);
  }
  if (status.exitCode !== null && !status.wasKilledBy(options.kill))
    return { outcome: 'exited', exitCode: status.exitCode };
  if (options.kill.aborted) return { outcome: 'killed' };
  return {
    outcome: 'failed',
    complaint: Buffer.concat(complaint).subarray(0, COMPLAINT_BYTES).toString('utf8').trim(),
  };
}

interface Pipes {
  readonly written: OutputPipe;
  readonly input: number | null;
}

function spawnBubblewrap(
  { bwrap, arguments: list, user, seccomp, group }: Launch,
  { written, input }: Pipes,
): ChildProcess | 'too-long' {
  // bwrap reads the program from the descriptor's position, so each command needs one of its own.
  const filter = openSync(seccomp, 'r');
  using entrance = group?.entrance() ?? null;
  const [program, ...words] = entrance === null ? [bwrap, ...list] : joining(ENTRANCE_FD, bwrap, list);
  const through = entrance === null ? [] : [entrance.descriptor];
  const stdio: StdioOptions = [input ?? 'ignore', written.descriptor, 'pipe', filter, 'pipe', ...through];
  try {
    // An empty environment: the first process of the namespace shows its own to all others, whatever bwrap clears for its child.
    return spawn(program, words, { env: {}, cwd: '/', stdio, ...user });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'E2BIG') return 'too-long';
    throw error;
  } finally {
    closeSync(filter);
    written.handOver();
    if (input !== null) closeSync(input);
  }
}

function output(child: ChildProcess, descriptor: 2 | 4): Readable {
  // safe: these two are opened as pipes above, and the child reads none of them
  return child.stdio[descriptor as 2] as Readable;
}

/** What bwrap reports about its namespace: the first process, whose death ends all others, and the exit code of the command. */
class NamespaceStatus {
  exitCode: number | null = null;
  readonly #child: ChildProcess;
  readonly #onStart: (init: number) => void;
  #text = '';
  #init: { readonly pid: number; readonly startedAt: string } | null = null;
  #killWanted = false;
  #exitCodeBeforeKill = false;

  constructor(child: ChildProcess, onStart: (init: number) => void) {
    this.#child = child;
    this.#onStart = onStart;
    output(child, 4)
      .setEncoding('utf8')
      .on('data', (text: string) => this.#read(text));
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
    if (startOf(this.#init.pid) === this.#init.startedAt) killQuietly(this.#init.pid);
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
  }

  /** The kernel reaps a namespace only after all its processes are gone; the first one is then dead or no longer listed. */
  async emptied(): Promise<void> {
    const init = this.#init;
    if (init === null) return;
    while (startOf(init.pid) === init.startedAt) await delay(1);
  }

  #read(text: string): void {
    this.#text += text;
    const pid = /"child-pid": (\d+)/.exec(this.#text)?.[1];
    if (this.#init === null && pid !== undefined) {
      this.#init = { pid: Number(pid), startedAt: startOf(Number(pid)) ?? 'gone' };
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

/** When the process started (field 22 of /proc/PID/stat, see proc(5)), which tells it from a later one with the same id; null once it is dead. */
function startOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [state] = fields;
    return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill.
  }
}
