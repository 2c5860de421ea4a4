import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { chown, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import type { SandboxOptions } from './sandbox.ts';

/**
 * The pipe that a command writes to, and can open anew, as scripts do with `/dev/stdout` and `/dev/stderr`. What Node calls a pipe is a socket, which
 * nobody can open; and a pipe that root made opens for root alone. So it is one that had a name and belongs to the user.
 */
export class OutputPipe implements Disposable {
  /** The command's end: given to the spawned program, and closed here by `handOver`. */
  readonly descriptor: number;
  /** Settles once no process has the command's end any more and everything was read. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #handedOver = false;

  private constructor(descriptor: number, socket: Socket) {
    this.descriptor = descriptor;
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
  }

  /** `path` is where its name is for a moment: in a folder that commands do not see. Throws on broken I/O. */
  static async make(path: string, user: SandboxOptions['user']): Promise<OutputPipe> {
    await rm(path, { force: true });
    await promisify(execFile)('mkfifo', ['-m', '600', '--', path], { env: { PATH: '/usr/bin:/bin' } });
    if (user !== null) await chown(path, user.uid, user.gid);
    try {
      const ours = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return new OutputPipe(openSync(path, constants.O_WRONLY), new Socket({ fd: ours, writable: false }));
    } finally {
      await rm(path, { force: true });
    }
  }

  onData(receive: (chunk: Buffer) => void): void {
    this.#socket.on('data', receive);
  }

  /** To be called once the program was spawned: while this process has the command's end too, the pipe does not end. */
  handOver(): void {
    if (this.#handedOver) return;
    this.#handedOver = true;
    closeSync(this.descriptor);
  }

  [Symbol.dispose](): void {
    this.handOver();
    this.#socket.destroy();
  }
}
