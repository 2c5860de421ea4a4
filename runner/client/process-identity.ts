import { readFile } from 'node:fs/promises';

/**
 * When a process started, in clock ticks since boot (field 22 of `/proc/<pid>/stat`), or null if there is none.
 * A pid is used again; a pid with its start time is not.
 */
export const processStartTime = async (pid: number): Promise<string | null> => {
  try {
    return startTimeIn(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
};

/** The name of a process may hold spaces and brackets, so fields are counted from the last bracket: it closes field 2. */
export const startTimeIn = (stat: string): string | null => {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  return fields[22 - 3] ?? null;
};
