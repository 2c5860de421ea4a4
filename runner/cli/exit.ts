/** What a command ends with, and means to a script. Documented in docs/using.md and in every help. */
export const exit = { done: 0, failed: 1, usage: 2, waits: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** What a command ends with that is ended by trouble of this code. */
export const exitOf = (code: string): ExitCode => {
  if (code === 'usage' || code === 'invalid') return exit.usage;
  return code === 'interrupted' ? exit.interrupted : exit.failed;
};
