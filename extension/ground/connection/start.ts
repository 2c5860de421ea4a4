import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ConnectionError } from '../problem/connection-error.ts';
import type { Endpoint } from '../../../shared/client/client.ts';
import { findRunner, logFile } from './home.ts';

/** What `longhaul serve` tells whoever started it, as one line on the file descriptor that LONGHAUL_READY_FD names. */
const ReadyMessage = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('ready'), url: z.string() }),
  /** `locked`: another runner has this home; it is the one to talk to. */
  z.object({ outcome: z.literal('refused'), code: z.string(), message: z.string(), remedy: z.string() }),
]);
type ReadyMessage = z.infer<typeof ReadyMessage>;

export interface StartOptions {
  readonly home: string;
  /** The program that runs the packaged command line: Node, or VS Code as Node. */
  readonly node: string;
  /** The packaged `longhaul.mjs`. */
  readonly cli: string;
  readonly env: NodeJS.ProcessEnv;
}

/** ms: a cold start with migrations takes well under a second; a slow disk may need more. */
const START_MS = 30_000;
/** ms between looks at a runner that another window is just starting. */
const LOOK_MS = 100;

/**
 * The runner of a home: the one that answers, or a new one in a session of its own, which outlives this window and goes
 * when it is idle. Of two windows at once both end with the same runner: its store's lock lets one in, and the other waits
 * for it. Throws ConnectionError with the runner's own reason, or the end of its log.
 */
export const startRunner = async (options: StartOptions): Promise<Endpoint> => {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    const found = await findRunner(options.home);
    if (found !== null) return found;
    const message = await launch(options);
    if (message.outcome === 'refused') {
      if (message.code === 'died') throw await failure(options.home, message.message);
      if (message.code !== 'locked') throw new ConnectionError('refused', message.message, message.remedy);
      await pause(LOOK_MS);
    }
  }
  throw await failure(options.home, 'Another runner holds this home and does not answer.');
};

/** Spawns it and waits for its one line, or its end. */
const launch = async ({ home, node, cli, env }: StartOptions): Promise<ReadyMessage> => {
  await mkdir(dirname(logFile(home)), { recursive: true, mode: 0o700 });
  await using log = await open(logFile(home), 'a', 0o600);
  const child = spawn(node, [cli, '--home', home, 'serve', '--on-demand'], {
    cwd: home,
    detached: true,
    env: { ...env, LONGHAUL_READY_FD: '3' },
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
  });
  const message = await Promise.race([readyLine(child), death(child), tooLong()]);
  // Nothing of the child may keep this window's host alive, and the other way round.
  child.stdio[3]?.destroy();
  child.unref();
  return message;
};

const readyLine = async (child: ChildProcess): Promise<ReadyMessage> => {
  // safe: 'pipe' was asked for as the fourth entry of stdio, and a pipe from a child is readable
  const pipe = child.stdio[3] as NodeJS.ReadableStream;
  for await (const line of createInterface({ input: pipe })) return ReadyMessage.parse(JSON.parse(line));
  // Closed without a line: its exit tells more.
  return death(child);
};

const died = (message: string): ReadyMessage => ({ outcome: 'refused', code: 'died', message, remedy: '' });

const death = async (child: ChildProcess): Promise<ReadyMessage> => {
  try {
    if (child.exitCode === null) await once(child, 'exit');
    return died(`The runner ended at once, with exit code ${child.exitCode ?? child.signalCode}.`);
  } catch (error) {
    return died(`The runner could not be started: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

const tooLong = async (): Promise<ReadyMessage> => {
  await pause(START_MS, undefined, { ref: false });
  return died(`The runner did not answer within ${START_MS / 1000} s.`);
};

/** Lines of the log that are shown: the last error with its cause, and not a screenful. */
const TAIL_LINES = 6;

const failure = async (home: string, message: string): Promise<ConnectionError> => {
  const text = await readFile(logFile(home), 'utf8').catch(() => '');
  const tail = text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  return new ConnectionError(
    'refused',
    tail === '' ? message : `${message} The end of its log:\n${tail}`,
    `The whole log is ${logFile(home)}.`,
  );
};
