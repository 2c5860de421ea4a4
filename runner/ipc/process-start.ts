import { readFileSync } from 'node:fs';

/**
 * When a process started, in clock ticks since the machine booted; with its pid that says which process it is, even
 * after the pid was given to another. Null: there is no such process, or this system has no /proc.
 */
export const processStart = (pid: number): number | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // proc(5): field 22; the name, field 2, is in parentheses and may hold anything.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    return Number.isFinite(ticks) ? ticks : null;
  } catch {
    return null;
  }
};

/** True while that very process is there, stopped ones included. */
export const isRunning = ({ pid, startTime }: { readonly pid: number; readonly startTime: number | null }): boolean => {
  if (startTime !== null) return processStart(pid) === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
