import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** One thing that runs need, or that is good to know. `fail`: runs will not work. */
export interface Check {
  readonly name: string;
  readonly outcome: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; empty where there is nothing to do. */
  readonly remedy: string;
}

export const ok = (name: string, detail: string): Check => ({ name, outcome: 'ok', detail, remedy: '' });
export const warn = (name: string, detail: string, remedy: string): Check => ({
  name,
  outcome: 'warn',
  detail,
  remedy,
});
export const fail = (name: string, detail: string, remedy: string): Check => ({
  name,
  outcome: 'fail',
  detail,
  remedy,
});

/** ms for a program to say its version. */
const VERSION_MS = 5_000;

/** The first line of what a program prints, or null if there is no such program. */
export const firstLine = async (program: string, args: readonly string[]): Promise<string | null> => {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: VERSION_MS });
    return stdout.split('\n')[0] ?? '';
  } catch {
    return null;
  }
};
