import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { OutputPipe } from './command-pipe.ts';
import type { SandboxOptions } from './sandbox.ts';

const complaintBytes = 4096;

/** What the spawned program is given: nothing to read, and where the command writes. */
export type CommandDescriptors = readonly [input: 'ignore', output: number];

/** What was spawned, with what the command writes. */
export interface CommandProgram extends Disposable {
  readonly child: ChildProcess;
  readonly written: OutputPipe;
  /** What the sandbox's own programs wrote: what stays on the first stderr. */
  readonly complaint: () => string;
}

/**
 * Spawns the program that becomes a command. `folder`: where its output has a name for a moment; commands do not see it. Null: the operating
 * system takes no arguments this long. Throws on broken I/O.
 */
export async function spawnCommand(
  folder: string,
  user: SandboxOptions['user'],
  spawned: (descriptors: CommandDescriptors) => ChildProcess,
): Promise<CommandProgram | null> {
  using held = new DisposableStack();
  const written = held.use(await OutputPipe.make(join(folder, 'output'), user));
  let child;
  try {
    child = spawned(['ignore', written.descriptor]);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'E2BIG') return null;
    throw error;
  } finally {
    written.handOver();
  }
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.subarray(0, complaintBytes)));
  const kept = held.move();
  return {
    child,
    written,
    complaint: () => Buffer.concat(said).subarray(0, complaintBytes).toString('utf8').trim(),
    [Symbol.dispose]: () => kept.dispose(),
  };
}
