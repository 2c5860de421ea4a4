import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface WorkerOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ms that it has to become ready: it builds first. */
  readonly patienceMs: number;
  /** Of what it says, a line at a time. */
  readonly onLine: (line: string) => void;
}

export interface SuiteWorker {
  /** Settles when it ends, with its last words. */
  readonly ended: Promise<string>;
  stop(): void;
}

const keptLines = 20;

/** Starts a worker of `trigger.dev dev` and waits until it is ready. Throws with its words where it is not to be. */
export const startWorker = async (options: WorkerOptions): Promise<SuiteWorker> => {
  const { command, cwd, env, patienceMs, onLine } = options;
  const [program, ...rest] = command;
  const child = spawn(program, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const last: string[] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      onLine(line);
      last.push(line);
      if (last.length > keptLines) last.shift();
      if (/worker ready/i.test(line)) resolve();
    });
  const words = (how: string): string => [`${how}. What it said last:`, ...last].join('\n  ');
  const ended = Promise.race([
    once(child, 'close').then(([code, signal]) => words(`The worker ended (${String(code ?? signal)})`)),
    once(child, 'error').then(([error]) => `The worker could not be started: ${String(error)}`),
  ]);
  const patience = new AbortController();
  const late = new Promise<string>((say) => {
    const timer = setTimeout(() => say(words(`The worker is not ready after ${patienceMs / 1000} s`)), patienceMs);
    patience.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const failed = await Promise.race([ready.then(() => null), ended, late]);
  patience.abort();
  if (failed === null) return { ended, stop: () => void child.kill('SIGINT') };
  child.kill('SIGKILL');
  throw new Error(failed);
};
