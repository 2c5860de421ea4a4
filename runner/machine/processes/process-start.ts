import { readFileSync } from 'node:fs';

/**
 * When a process started, in clock ticks since the machine booted; with its pid that says which process it is, even
 * after the pid was given to another. Null: there is no such process, or this system has no /proc.
 */
export const processStart = (pid: number): number | null => readStat(pid)?.start ?? null;

/** True while that very process is there, stopped ones included. A zombie does nothing any more: it is not. */
export const isRunning = ({ pid, startTime }: { readonly pid: number; readonly startTime: number | null }): boolean => {
  if (startTime !== null) {
    const stat = readStat(pid);
    return stat !== null && stat.start === startTime && stat.state !== 'Z' && stat.state !== 'X';
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Somebody stopped it (SIGSTOP, a terminal, a debugger): it does nothing until it is let go on. False where the system has no /proc. */
export const isStopped = (pid: number): boolean => ['T', 't'].includes(readStat(pid)?.state ?? '');

/** Kills a process that may have ended by itself meanwhile. */
export const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill.
  }
};

/** proc(5): the name, field 2, is in parentheses and may hold anything; the state is field 3, the start field 22. */
const readStat = (pid: number): { readonly state: string; readonly start: number } | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const start = Number(fields[22 - 3]);
    return Number.isFinite(start) ? { state: fields[0] ?? '', start } : null;
  } catch {
    return null;
  }
};
