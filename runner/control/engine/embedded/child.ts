import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';
import { FromChild, type Answered, type Asked, type ToChild } from '../../../machine/processes/child-protocol.ts';

/** One worker process. */
export interface Child {
  /** Undefined where the process could not be started; `exited` then says why. */
  readonly pid: number | undefined;
  /** True once it can take work; false if it ended before. A busy machine may need minutes for it. */
  readonly ready: Promise<boolean>;
  /** How it ended, with the last it wrote to stderr. Never rejects. */
  readonly exited: Promise<string>;
  send(message: ToChild): void;
  kill(): void;
}

export interface ChildOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Logger;
  readonly onDone: (done: { readonly activation: string; readonly left: string | null }) => void;
  readonly onAsked: (asked: Asked) => Promise<Answered['answer']> | undefined;
}

const keptLines = 5;
/** What a dead worker wrote last may still be on its way, or be held open by something it started. */
const lastWordsMs = 50;

export const startChild = ({ command: [program, ...args], env, log: parent, onDone, onAsked }: ChildOptions): Child => {
  const process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'json', env });
  const log = parent.child({ worker: process.pid });
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<boolean>();
  const { promise: exited, resolve: exit } = Promise.withResolvers<string>();
  const lastLines: string[] = [];

  process.on('message', (raw) => {
    const message = FromChild.safeParse(raw);
    if (!message.success) {
      log.error({ problem: message.error.message }, 'a worker said something that is not in the protocol');
      process.kill('SIGKILL');
      return;
    }
    switch (message.data.kind) {
      case 'ready':
        becomeReady(true);
        return;
      case 'done':
        onDone(message.data);
        return;
      case 'log':
        log[message.data.level](message.data.fields, message.data.message);
        return;
      case 'ask': {
        const { id } = message.data;
        void onAsked(message.data)?.then((answer) => send({ kind: 'answer', id, answer }));
      }
    }
  });
  const send = (message: ToChild): void => {
    if (process.connected) process.send(message);
  };
  for (const stream of [process.stdout, process.stderr]) {
    // safe: both are pipes, as asked for above
    createInterface({ input: stream as NodeJS.ReadableStream }).on('line', (line) => {
      if (stream === process.stderr) lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      log.warn(line);
    });
  }
  const end = (how: string): void => {
    becomeReady(false);
    exit([how, ...lastLines].join('\n'));
  };
  process.on('error', (error) => {
    if (process.pid === undefined) end(`the worker could not be started: ${error.message}`);
    else log.warn({ err: error }, 'trouble with a worker process');
  });
  process.on('exit', (code, signal) => {
    const how = signal === null ? `the worker exited with ${code ?? 'nothing'}` : `the worker was ended by ${signal}`;
    const said = setTimeout(() => end(how), lastWordsMs);
    process.on('close', () => {
      clearTimeout(said);
      end(how);
    });
  });
  return {
    pid: process.pid,
    ready,
    exited,
    send,
    kill: () => process.kill('SIGKILL'),
  };
};
