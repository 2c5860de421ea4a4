import type { PlanStep, Report } from '../../../shared/run/events.ts';
import type { GivenOutput, WantedOutput } from '../../../shared/run/output.ts';
import { toolArguments, type ToolArguments, type ToolName } from '../../../shared/tool/arguments.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

/** What a call may touch. No command runs while a tool reads or writes `root` from outside, so paths do not change under it. */
export interface ToolContext {
  /** Absolute path of the tree on the host; the model knows it as `/workspace`. */
  readonly root: string;
  /** Owner of what a root worker creates in the tree; null: the worker itself. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly sandbox: Sandbox;
  readonly signal: AbortSignal;
  /** Hosts that were approved for this call. */
  readonly network: readonly string[];
  /** The calls that ran so far, by id: what a claim of the report may point to. */
  readonly finishedCalls: ReadonlyMap<string, { readonly tool: string }>;
  /** What the result of the run is to be. */
  readonly wanted: WantedOutput;
  /** Absolute path of ripgrep, which the sandbox must be able to read. */
  readonly ripgrep: string;
}

export interface ToolResult {
  /** `error`: it could not be done, or the command failed; the output says why. */
  readonly outcome: 'ok' | 'error';
  /** For the model, at most 16 KB. Equal trees and arguments give equal text: no times, ids or paths of the host. */
  readonly output: string;
  /** The whole output, where `output` is a part of it; else null. */
  readonly full: string | null;
  /** Of a command; null for other tools, and for a command that did not end by itself. */
  readonly exitCode: number | null;
  /** As `host:port`, sorted. */
  readonly refusedHosts: readonly string[];
  /** Likewise, those that it was let through to. */
  readonly reachedHosts: readonly string[];
  /** What the run's log is to have of it, besides that it ran. */
  readonly record?:
    | { readonly plan: readonly PlanStep[] }
    | { readonly report: Report; readonly output: GivenOutput | null };
}

/**
 * One function that the model may call. `run` is given arguments that fit the tool's schema. Expected trouble is a result
 * with a sentence that the model can act on; it throws for bugs and broken I/O alone (a full disk, a sandbox that
 * cannot be started). An aborted call's result means nothing.
 */
export interface Tool {
  readonly name: ToolName;
  readonly description: string;
  run(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/** A tool whose arguments have been checked by its schema; a throw here is a caller that did not check them. */
export const defineTool = <Name extends ToolName>(tool: {
  readonly name: Name;
  readonly description: string;
  run(args: ToolArguments<Name>, context: ToolContext): Promise<ToolResult> | ToolResult;
}): Tool => ({
  name: tool.name,
  description: tool.description,
  run: async (args, context) => {
    // safe: the schema of this very name has just passed the value; the compiler loses the link between the two
    const parsed = toolArguments[tool.name].parse(args) as ToolArguments<Name>;
    try {
      return await tool.run(parsed, context);
    } catch (error) {
      const trouble = troubleWithPath(error);
      if (trouble === null) throw error;
      return failed(trouble);
    }
  },
});

/** Not about a path of the tree: the machine is short of something, and the call can be made again once it is not. */
const ofTheMachine: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * A tree can hold anything, and no tool foresees all of it: what the system refuses to do with a path of it is the call's failure and never the worker's.
 * Null: it was something else.
 */
const troubleWithPath = (error: unknown): string | null => {
  const code = codeOf(error);
  if (code === 'ERR_INVALID_ARG_VALUE') return 'An argument holds a NUL byte, which no path or command can hold.';
  if (code === null || ofTheMachine.has(code) || !(error instanceof Error && 'syscall' in error)) return null;
  return `The system refused it (${code}). Look at what is there with bash (ls -la).`;
};

/** The errno name of a failed system call, or Node's own code; null: it has none. */
export const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

export const done = (output: string, full: string | null = null): ToolResult => ({
  outcome: 'ok',
  output,
  full,
  exitCode: null,
  refusedHosts: [],
  reachedHosts: [],
});

export const failed = (output: string): ToolResult => ({ ...done(output), outcome: 'error' });

/** It was not done, because of what was asked for: a sentence for the model. */
export interface Refused {
  readonly outcome: 'refused';
  readonly message: string;
}

export const refused = (message: string): Refused => ({ outcome: 'refused', message });
