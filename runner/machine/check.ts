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
const bad =
  (outcome: 'warn' | 'fail') =>
  (name: string, detail: string, remedy: string): Check => ({ name, outcome, detail, remedy });
export const warn = bad('warn');
export const fail = bad('fail');

/** ms for a program to say its version. */
const versionMs = 10_000;

/** The version that a program says, `there` where it says none; null: there is no such program. */
export const versionOf = async (program: string, argument = '--version'): Promise<string | null> => {
  try {
    const { stdout } = await promisify(execFile)(program, [argument], { timeout: versionMs });
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'there';
  } catch {
    return null;
  }
};
