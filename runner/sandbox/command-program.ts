import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { inputFile, OutputPipe } from './command-pipe.ts';
import type { SandboxOptions } from './sandbox.ts';

const COMPLAINT_BYTES = 4096;

/** What the spawned program is given: what the command reads, and where it writes. */
export type CommandDescriptors = readonly [input: number | 'ignore', output: number];

/** What was spawned, with what the command reads and writes. */
export interface CommandProgram extends Disposable {
  readonly child: ChildProcess;
  readonly written: OutputPipe;
  /** What the sandbox's own programs wrote: what stays on the first stderr. */
  readonly complaint: () => string;
}

/**
 * Spawns the program that becomes a command. `folder`: where its input and output have names for a moment; commands do not see it. Null: the operating
 * system takes no arguments this long. Throws on broken I/O.
 */
export async function spawnCommand(
  folder: string,
  { user, stdin }: { readonly user: SandboxOptions['user']; readonly stdin: string | undefined },
  spawned: (descriptors: CommandDescriptors) => ChildProcess,
): Promise<CommandProgram | null> {
  using held = new DisposableStack();
  const written = held.use(await OutputPipe.make(join(folder, 'output'), user));
  const input = stdin === undefined ? null : await inputFile(join(folder, 'input'), stdin);
  let child;
  try {
    child = spawned([input ?? 'ignore', written.descriptor]);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'E2BIG') return null;
    throw error;
  } finally {
    written.handOver();
    if (input !== null) closeSync(input);
  }
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.subarray(0, COMPLAINT_BYTES)));
  const kept = held.move();
  return {
    child,
    written,
    complaint: () => Buffer.concat(said).subarray(0, COMPLAINT_BYTES).toString('utf8').trim(),
    [Symbol.dispose]: () => kept.dispose(),
  };
}
