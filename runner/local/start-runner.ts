import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { homeAt } from '../machine/home/home.ts';
import { isStopped } from '../machine/processes/process-start.ts';
import { findRunner, logFile, type FoundRunner, type RunnerFile } from './find-runner.ts';

/** What `longhaul serve` tells whoever started it, as one line on file descriptor 3. */
export const ReadyMessage = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('ready'), url: z.string() }),
  z.strictObject({
    outcome: z.literal('refused'),
    /** `locked`: another runner has this home; it is the one to talk to. */
    code: z.string(),
    message: z.string(),
    remedy: z.string(),
  }),
]);
export type ReadyMessage = z.infer<typeof ReadyMessage>;

/** Set for the child: it has a file descriptor 3 to answer on. */
export const readyFd = 'LONGHAUL_READY_FD';

export interface StartOptions {
  readonly home: string;
  /** What to run: node, its flags, and the file whose `serve` command is the runner. */
  readonly command: readonly [string, ...string[]];
  /** Flags for `serve`, beyond the home. */
  readonly flags?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly onStart?: () => void;
  /** Called once where a runner is there and has not answered within a second. */
  readonly onSilence?: (pid: number) => void;
  /** Of one that dies: so many lines of its log are told, and what to do besides looking into that. */
  readonly diagnosis?: { readonly lines: number; readonly advice: string };
  /** Ms that it may take; a test has less time. */
  readonly withinMs?: number;
}

type Running = Extract<FoundRunner, { outcome: 'running' }>;
export type Started =
  | { readonly outcome: 'running'; readonly runner: Running; readonly began: boolean }
  | { readonly outcome: 'failed'; readonly message: string; readonly remedy: string };

/** ms: a cold start with migrations takes well under a second here; a slow disk may need more. */
const startMs = 30_000;
/** ms that a runner which holds the lock has to answer, before it is looked at again whether it is still there. */
const otherMs = 3_000;

/**
 * The runner of a home: the one that runs, or a new one in a session of its own that outlives this process. Of two
 * callers at once both end with the same runner: the store's lock lets one in, and the other waits for its file.
 */
export const startRunner = async (options: StartOptions): Promise<Started> => {
  const { home, onStart, onSilence, withinMs = startMs } = options;
  const end = Date.now() + withinMs;
  let began = false;
  let silent: RunnerFile | null = null;
  while (Date.now() < end) {
    const found = await findRunner(home);
    if (found.outcome === 'running') return { outcome: 'running', runner: found, began };
    // One that is there and silent is just starting, or just dying; both are over soon. Not so of one that stands still.
    if (found.outcome === 'silent') {
      if (isStopped(found.file.pid)) return standsStill(found.file);
      if (silent === null) onSilence?.(found.file.pid);
      silent = found.file;
    } else {
      if (!began) onStart?.();
      const message = await launch(options);
      if (message.outcome === 'ready') {
        began = true;
        // It has said so itself. A machine that is so busy that its health is not answered at once is no reason to start another.
        const runner = await untilRunner(home, AbortSignal.timeout(Math.max(lookMs, end - Date.now())));
        if (runner !== null) return { outcome: 'running', runner, began };
        break;
      }
      if (message.code === 'died') return failure(options, message.message);
      if (message.code !== 'locked') return { outcome: 'failed', message: message.message, remedy: message.remedy };
    }
    await untilRunner(home, AbortSignal.timeout(found.outcome === 'silent' ? lookMs : otherMs));
  }
  if (began) return failure(options, 'The runner has started and does not answer.');
  if (silent === null) return failure(options, 'Another runner holds this home and does not answer.');
  return failure(options, `The runner of this home (process ${silent.pid}) does not answer. ${endIt(silent)}`);
};

const endIt = ({ pid }: RunnerFile): string =>
  `End it with: kill -9 ${pid}. Nothing that was recorded is lost by that, and the next command starts another.`;

const standsStill = (file: RunnerFile): Started => ({
  outcome: 'failed',
  message: `The runner of this home (process ${file.pid}) is stopped: it stands still until somebody lets it go on.`,
  remedy: `Let it go on with: kill -CONT ${file.pid}. ${endIt(file)}`,
});

/** Spawns it and waits for its one line, or its end. */
const launch = async ({ home, command, flags = [], env }: StartOptions): Promise<ReadyMessage> => {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await mkdir(homeAt(home).logs, { recursive: true, mode: 0o700 });
  await using log = await open(logFile(home), 'a', 0o600);
  const [program, ...rest] = command;
  const child = spawn(program, [...rest, '--home', home, 'serve', ...flags], {
    cwd: home,
    detached: true,
    env: { ...env, [readyFd]: '3' },
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
  });
  const message = await Promise.race([readyLine(child), death(child), tooLong()]);
  // Nothing of the child may keep this process alive, and the other way round.
  child.stdio[3]?.destroy();
  child.unref();
  return message;
};

const readyLine = async (child: ChildProcess): Promise<ReadyMessage> => {
  // safe: 'pipe' was asked for as the fourth entry of stdio, and a pipe from a child is readable
  const pipe = child.stdio[3] as NodeJS.ReadableStream;
  for await (const line of createInterface({ input: pipe })) {
    return ReadyMessage.parse(JSON.parse(line));
  }
  // Closed without a line: its exit tells more.
  return death(child);
};

const death = async (child: ChildProcess): Promise<ReadyMessage> => {
  const told = (message: string): ReadyMessage => ({ outcome: 'refused', code: 'died', message, remedy: '' });
  if (child.exitCode !== null) return told(`The runner ended at once, with exit code ${child.exitCode}.`);
  try {
    // safe: what node passes to an exit listener
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return told(
      code === null ? `The runner was ended by ${signal}.` : `The runner ended at once, with exit code ${code}.`,
    );
  } catch (error) {
    return told(`The runner could not be started: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const tooLong = (): Promise<ReadyMessage> =>
  new Promise((resolve) => {
    setTimeout(
      () =>
        resolve({
          outcome: 'refused',
          code: 'died',
          message: `The runner did not answer within ${startMs / 1000} s.`,
          remedy: '',
        }),
      startMs,
    ).unref();
  });

/** ms between looks when the file does not change: a runner may listen a little after it wrote its file. */
const lookMs = 200;

/** The runner of a home as soon as one answers; null when the signal fires first. Starts nothing. */
export const untilRunner = async (home: string, signal: AbortSignal): Promise<Running | null> => {
  await mkdir(home, { recursive: true, mode: 0o700 });
  let look: () => void = () => {};
  const watcher = watch(home).on('change', (_kind, name) => {
    if (name === basename(homeAt(home).runner)) look();
  });
  signal.addEventListener('abort', () => look(), { once: true });
  try {
    while (!signal.aborted) {
      const found = await findRunner(home);
      if (found.outcome === 'running') return found;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        look = resolve;
        timer = setTimeout(resolve, lookMs);
      });
      clearTimeout(timer);
    }
    return null;
  } finally {
    watcher.close();
  }
};

/** The last error with its cause, and not a screenful. */
const atTheTerminal: StartOptions['diagnosis'] = {
  lines: 12,
  advice: ' "longhaul doctor" checks what a runner needs; "longhaul serve" starts it here in the terminal.',
};

const failure = async ({ home, diagnosis = atTheTerminal }: StartOptions, message: string): Promise<Started> => {
  const log = logFile(home);
  const tail = await readFile(log, 'utf8').then(
    (text) => text.trimEnd().split('\n').slice(-diagnosis.lines).join('\n'),
    () => '',
  );
  return {
    outcome: 'failed',
    message: tail === '' ? message : `${message} The end of its log:\n${tail}`,
    remedy: `The whole log is ${log}.${diagnosis.advice}`,
  };
};
