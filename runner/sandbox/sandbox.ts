import type { SandboxLimits } from '../../shared/api/worker-api.ts';

export type { SandboxLimits };

/** Where commands of a run are executed. Paths inside are always below `/workspace`, wherever the tree lies outside. */
export const sandboxRoot = '/workspace';

/** A command begins in the root of the tree, with a minimal environment and nothing to read. */
export interface SandboxCommand {
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs: number;
  /** Host names (`packages.example.org`, `*.example.org`) that may be reached on ports 80 and 443 through the egress proxy. Empty: no network at all. */
  readonly network: readonly string[];
  /** Bytes of output kept: the first and the last half of it. */
  readonly maxOutputBytes: number;
}

export interface SandboxResult {
  /**
   * `limit`: the run's disk quota was passed and everything was killed, or it is passed by what the command left. `memory`: its processes used more memory
   * than they may together, and were killed. `cancelled`: the signal fired.
   */
  readonly outcome: 'exited' | 'timeout' | 'cancelled' | 'limit' | 'memory';
  /** Null unless `exited`. A process that a signal ended has 128 + its number, as in a shell. */
  readonly exitCode: number | null;
  /** stdout and stderr as they came, in UTF-8; where the middle was cut, one line says how many bytes. */
  readonly output: string;
  readonly outputBytes: number;
  readonly truncated: boolean;
  readonly durationMs: number;
  /** Hosts that the egress proxy refused, as `host:port`, each once. */
  readonly refusedHosts: readonly string[];
  /** Hosts that it was let through to, as `host:port`, each once; where a provider holds the list, all that are on it. */
  readonly reachedHosts: readonly string[];
}

export interface SandboxRunOptions {
  /** Ends the command. */
  readonly signal: AbortSignal;
  /** For each piece of its output as it comes; where commands run on a machine elsewhere, once they have ended. */
  readonly onOutput?: (chunk: Buffer) => void;
}

/**
 * One workspace's sandbox. Commands run one at a time; when `run` returns, no process of it is left.
 * `run` throws only when the sandbox itself cannot be started; a command that fails is a result.
 */
export interface Sandbox extends AsyncDisposable {
  run(command: SandboxCommand, options: SandboxRunOptions): Promise<SandboxResult>;
}

export interface SandboxOptions {
  /** Absolute path of the tree that becomes `/workspace`. */
  readonly workspace: string;
  /**
   * Absolute path of the folder outside the tree that becomes the home, kept between commands and counted with the workspace: for the caches of
   * package managers. Null: each command has an empty one, which is memory. A machine elsewhere has the latter in any case.
   */
  readonly home: string | null;
  /** Absolute path of a private folder outside the tree, for the proxy's socket. */
  readonly scratch: string;
  /** The user that commands run as; needed when the worker is root, and then never 0. The workspace belongs to it. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly limits: SandboxLimits;
  /** Folders of the host outside /usr that commands may read, at the same path: toolchains. */
  readonly readable: readonly string[];
}

/** Why no sandbox can be had here, and what to do about it: shown by `doctor` and as the reason of a failed run. */
export interface SandboxRefusal {
  readonly outcome: 'refused';
  readonly reason: string;
  readonly remedy: string;
}

export const refused = (reason: string, remedy: string): SandboxRefusal => ({ outcome: 'refused', reason, remedy });
