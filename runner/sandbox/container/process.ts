import { spawn } from 'node:child_process';
import { addAbortListener, once } from 'node:events';
import { constants } from 'node:os';
import { spawnCommand } from '../command-program.ts';
import type { Ended, Outlets } from '../command-sandbox.ts';
import { endProcessesOf } from './processes.ts';
import type { SandboxOptions } from '../sandbox.ts';

export interface ContainerLaunch {
  readonly argv: readonly [string, ...string[]];
  /** Where the first program starts. */
  readonly folder: string;
  readonly user: NonNullable<SandboxOptions['user']>;
  readonly onStart: () => void;
  readonly outlets: Pick<Outlets, 'onOutput' | 'kill'>;
}

/** For the programs that confine, which run as root: nothing that commands choose. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Runs the words of `containerArguments` to their end. When it settles, no process of the user is left and all output has been handed over. */
export async function launchInContainer(launch: ContainerLaunch): Promise<Ended> {
  const { argv, folder, user, onStart, outlets } = launch;
  const { kill, onOutput } = outlets;
  if (kill.aborted) return { outcome: 'killed' };
  const [program, ...list] = argv;
  using spawned = await spawnCommand(folder, user, (descriptors) =>
    spawn(program, list, { env: environment, cwd: folder, stdio: [...descriptors, 'pipe'] }),
  );
  if (spawned === null) return { outcome: 'too-long' };
  const { child, written, complaint } = spawned;
  onStart();
  written.onData(onOutput);
  // The first program becomes the command itself, so this ends it whoever it is by now; its children end below.
  using _killing = addAbortListener(kill, () => child.kill('SIGKILL'));
  const closed = Promise.all([once(child, 'close'), written.closed]);
  closed.catch(() => {});
  // What the command left behind may still hold the output open until it is killed too.
  const [code, signal] = await exitOf(child);
  const killed = kill.aborted;
  await endProcessesOf(user);
  await closed;
  if (killed) return { outcome: 'killed' };
  const said = complaint();
  if (said !== '') return { outcome: 'failed', complaint: said };
  return { outcome: 'exited', exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) };
}

const exitOf = (child: ReturnType<typeof spawn>): Promise<[number | null, NodeJS.Signals | null]> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
