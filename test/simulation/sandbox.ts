import type { Sandbox, SandboxCommand, SandboxResult } from '../../runner/sandbox/sandbox.ts';
import type { Outside } from './outside.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './time.ts';
import type { Tree } from './workspace.ts';

export interface SandboxOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly outside: Outside;
  /** The worker that it dies with. */
  readonly worker: Process;
  readonly run: string;
  readonly activation: string;
  readonly tree: Tree;
}

/**
 * Commands of two kinds: `add LINE` appends to the tree, `send TEXT` tells the server outside (and appends it as well). They go on
 * while their worker is stopped, as processes of their own do, and die with it.
 */
export const openSandbox = (options: SandboxOptions): Sandbox => ({
  run: (command, { signal }) => runCommand(options, command, signal),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

const runCommand = (
  { time, random, outside, worker, run, activation, tree }: SandboxOptions,
  { argv, network }: SandboxCommand,
  signal: AbortSignal,
): Promise<SandboxResult> => {
  const [verb = '', text = ''] = splitOnce(argv.at(-1) ?? '');
  const whole = random.chance(0.3) ? random.wait(90_000) : random.wait(2_000);
  const started = time.now;
  return new Promise((resolve) => {
    const end = (outcome: 'exited' | 'cancelled'): void => {
      for (const off of offs) off();
      resolve({ ...nothingSaid, outcome, exitCode: outcome === 'exited' ? 0 : null, durationMs: time.now - started });
    };
    const act = (): void => {
      if (!worker.alive) return;
      if (verb === 'add' || verb === 'send') tree.lines.push(text);
      if (verb === 'send' && network.length > 0)
        outside.receive({ run, activation, text, call: text.split(' ')[0] ?? '' });
    };
    const offs = [
      time.after(whole * random.next(), null, act),
      time.after(whole, worker, () => end('exited')),
      time.onAbort(signal, () => end('cancelled')),
    ];
    if (signal.aborted) end('cancelled');
  });
};

const splitOnce = (text: string): readonly string[] => {
  const space = text.indexOf(' ');
  return space < 0 ? [text] : [text.slice(0, space), text.slice(space + 1)];
};

const nothingSaid = { output: '', outputBytes: 0, truncated: false, refusedHosts: [], reachedHosts: [] } as const;
