/** What a command ends with, and means to a script. Documented in docs/using.md and in every help. */
export const exit = { done: 0, failed: 1, usage: 2, waits: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** Ends a command with a sentence and what to do about it. Thrown where only the outermost edge can say it. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly remedy: string;
  constructor(message: string, options: { remedy: string; exitCode?: ExitCode; code?: string }) {
    super(message);
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? exit.failed;
    this.code = options.code ?? 'failed';
  }
}

export const usage = (message: string, remedy: string): Failure =>
  new Failure(message, { remedy, exitCode: exit.usage, code: 'usage' });
