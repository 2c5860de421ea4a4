import { Transform } from 'node:stream';
import type { SandboxRefusal } from '../sandbox.ts';

/** A Linux machine of a provider that is there for one sandbox. Paths on it are absolute; everything is done as its root. Throws where the provider fails. */
export interface RemoteMachine extends AsyncDisposable {
  /** Copies a file of this machine there; makes the folders that it needs. */
  upload(local: string, remote: string): Promise<void>;
  /** Copies a file from there, streamed, and stops with an error beyond `maxBytes`. */
  download(remote: string, local: string, maxBytes: number): Promise<void>;
  /** Runs words in bash to their end. `output` is for a person, and may be cut. */
  run(words: string): Promise<{ readonly exitCode: number; readonly output: string }>;
  /** Host names and `*.` patterns that it may reach from now on, and nothing else. */
  allow(hosts: readonly string[]): Promise<void>;
  /** Keeps it for so long from now on, in ms. False: it is gone. */
  keep(ms: number): Promise<boolean>;
}

/** Who has machines. */
export interface RemoteProvider {
  /** As people call it. */
  readonly name: string;
  /** Starts a machine that reaches nothing, for `ms` from now on. Refuses where settings or the account do not allow it. */
  start(ms: number): Promise<RemoteMachine | SandboxRefusal>;
}

/** Passes on so many bytes, and fails with the next. */
export const atMost = (maxBytes: number): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new Error(`the machine sent more than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
};
