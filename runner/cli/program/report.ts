import { Trouble } from '../../../shared/trouble.ts';
import type { Surroundings } from '../context.ts';
import { exitOf, type ExitCode } from '../exit.ts';
import { clean, safeJson } from '../../../shared/text/clean.ts';

/** Says what ended a command: trouble in a sentence with its remedy, bugs with their stack. */
export const report = async (
  error: unknown,
  { terminal, json }: Surroundings & { json: boolean },
): Promise<ExitCode> => {
  const { code, message, remedy } = error instanceof Trouble ? error : await explained(error);
  // What a server or a repository said may be in it.
  const told = `longhaul: ${message}\n${remedy === '' ? '' : `  ${remedy.split('\n').join('\n  ')}\n`}`;
  terminal.note(clean(told));
  if (json) terminal.out(`${safeJson({ error: { code, message, remedy } })}\n`);
  return exitOf(code);
};

const explained = async (error: unknown): Promise<Pick<Trouble, 'code' | 'message' | 'remedy'>> => {
  const { problemOf } = await import('../connection/problem.ts');
  const problem = problemOf(error);
  if (problem !== null) return problem;
  if (!(error instanceof Error)) return { code: 'internal', message: String(error), remedy: '' };
  return { code: 'internal', message: `unexpected: ${error.message}`, remedy: error.stack ?? '' };
};
