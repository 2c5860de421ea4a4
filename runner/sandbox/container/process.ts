import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { inputFile, OutputPipe } from '../command-pipe.ts';
import type { Ended, Outlets } from '../command-sandbox.ts';
import { endProcessesOf } from './processes.ts';
import type { SandboxOptions } from '../sandbox.ts';

export interface ContainerLaunch {
  readonly argv: readonly [string, ...string[]];
  /** Where the first program starts. */
  readonly folder: string;
  readonly user: NonNullable<SandboxOptions['user']>;
  readonly stdin: string | undefined;
  readonly onStart: () => void;
  readonly outlets: Pick<Outlets, 'onOutput' | 'kill'>;
}

const COMPLAINT_BYTES = 4096;
/** For the programs that confine, which run as root: nothing that commands choose. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Runs the words of `containerArguments` to their end. When it settles, no process of the user is left and all output has been handed over. */
export async function launchInContainer({
  argv,
  folder,
  user,
  stdin,
  onStart,
  outlets,
}: ContainerLaunch): Promise<Ended> {
  const { kill, onOutput } = outlets;
  if (kill.aborted) return { outcome: 'killed' };
  const [program, ...list] = argv;
  using written = await OutputPipe.make(join(folder, 'output'), user);
  const input = stdin === undefined ? null : await inputFile(join(folder, 'input'), stdin);
  let child;
  try {
    const stdio: StdioOptions = [input ?? 'ignore', written.descriptor, 'pipe'];
    child = spawn(program, list, { env: ENVIRONMENT, cwd: folder, stdio });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'E2BIG') return { outcome: 'too-long' };
    throw error;
  } finally {
    written.handOver();
    if (input !== null) closeSync(input);
  }
  onStart();
  const complaint: Buffer[] = [];
  written.onData(onOutput);
  child.stderr?.on('data', (chunk: Buffer) => complaint.push(chunk.subarray(0, COMPLAINT_BYTES)));
  // The first program becomes the command itself, so this ends it whoever it is by now; its children end below.
  const onKill = (): void => void child.kill('SIGKILL');
  kill.addEventListener('abort', onKill);
  // The signal may have fired while the pipe was made: it fires no more.
  if (kill.aborted) onKill();
  try {
    const closed = Promise.all([once(child, 'close'), written.closed]);
    closed.catch(() => {});
    // What the command left behind may still hold the output open until it is killed too.
    const [code, signal] = await exitOf(child);
    const killed = kill.aborted;
    await endProcessesOf(user);
    await closed;
    if (killed) return { outcome: 'killed' };
    const said = Buffer.concat(complaint).subarray(0, COMPLAINT_BYTES).toString('utf8').trim();
    if (said !== '') return { outcome: 'failed', complaint: said };
    return { outcome: 'exited', exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) };
  } finally {
    kill.removeEventListener('abort', onKill);
  }
}

const exitOf = (child: ReturnType<typeof spawn>): Promise<[number | null, NodeJS.Signals | null]> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
