import type { Readable } from 'node:stream';
import { conclude, watching } from '../command-sandbox.ts';
import { CommandStop } from '../command-stop.ts';
import { firstExecutable } from '../host-programs.ts';
import { refused, type SandboxOptions, type SandboxRefusal, type SandboxResult } from '../sandbox.ts';
import { confine } from './bubblewrap.ts';

/** A person's terminal, and what ends a shell in it besides its own end. */
export interface ShellTerminal {
  /** What is typed, byte by byte. */
  readonly input: Readable;
  readonly onOutput: (chunk: Buffer) => void;
  /** As the shell begins: what is typed and shown comes through a pipe, and that has no size to change. */
  readonly rows: number;
  readonly columns: number;
  /** Name of its kind, such as `xterm-256color`. */
  readonly kind: string;
  readonly signal: AbortSignal;
}

/** Nobody sits at one for longer; a timer takes no more than 24 days. */
const longestMs = 24 * 3_600_000;

const interactive = 'if command -v bash >/dev/null; then exec bash --noprofile --norc -i; else exec sh -i; fi';

/**
 * An interactive shell in a workspace's sandbox, without network, until it ends. The sandbox has no terminal of ours, and no way to type into one
 * (bwrap's `--new-session`): `script` makes it one of its own, inside, so that job control works. Throws on broken I/O.
 */
export const runShell = async (
  options: SandboxOptions,
  { input, onOutput, rows, columns, kind, signal }: ShellTerminal,
): Promise<Pick<SandboxResult, 'outcome' | 'exitCode'> | SandboxRefusal> => {
  const script = await firstExecutable('script', ['/usr/bin', '/usr/local/bin']);
  if (script === null)
    return refused(
      'script is not installed, and without it a shell in a sandbox has no terminal',
      'install it: apt-get install bsdutils (Debian, Ubuntu) or dnf install util-linux-script (Fedora)',
    );
  const confined = await confine(options);
  if ('outcome' in confined) return confined;
  const size = `stty rows ${Math.trunc(rows)} cols ${Math.trunc(columns)}`;
  const term = /^[\w.+-]{1,64}$/.test(kind) ? kind : 'dumb';
  const variables = [`TERM=${term}`, 'PS1=sandbox:\\w\\$ '];
  const words = [script, '--quiet', '--flush', '--return', '--command', `${size}; ${interactive}`, '/dev/null'];
  using stop = new CommandStop({ timeoutMs: longestMs, cancel: signal });
  const ended = await confined.launch(
    { argv: ['/usr/bin/env', ...variables, ...words], timeoutMs: longestMs, network: [], maxOutputBytes: 0 },
    { onOutput, onCut: () => {}, watch: watching(stop), kill: stop.signal },
    input,
  );
  if (ended.outcome === 'failed') throw new Error(`the sandbox could not be started: ${ended.complaint}`);
  return conclude(ended, stop);
};
