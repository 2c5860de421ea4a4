import type { Surroundings } from '../context.ts';
import { exit, Failure, type ExitCode } from '../exit.ts';
import { safeJson } from '../../../shared/text/clean.ts';

/** Says what ended a command: expected failures in a sentence with their remedy, bugs with their stack. */
export const report = async (
  error: unknown,
  { terminal, json }: Surroundings & { json: boolean },
): Promise<ExitCode> => {
  const failure = error instanceof Failure ? error : await explained(error);
  terminal.note(
    `longhaul: ${failure.message}\n${failure.remedy === '' ? '' : `  ${failure.remedy.split('\n').join('\n  ')}\n`}`,
  );
  const { code, message, remedy } = failure;
  if (json) terminal.out(`${safeJson({ error: { code, message, remedy } })}\n`);
  return failure.exitCode;
};

const explained = async (error: unknown): Promise<Failure> => {
  const { problemOf } = await import('../connection/problem.ts');
  const problem = problemOf(error);
  if (problem !== null)
    return new Failure(problem.message, {
      remedy: problem.remedy,
      code: problem.code,
      exitCode: problem.code === 'invalid' ? exit.usage : exit.failed,
    });
  const { message, remedy } = sentenceOf(error);
  return new Failure(message, { remedy, code: 'internal' });
};

/** Errors of ours that bring their remedy along (a home, a store); anything else is a bug, and its stack is what helps. */
const sentenceOf = (error: unknown): { readonly message: string; readonly remedy: string } => {
  if (!(error instanceof Error)) return { message: String(error), remedy: '' };
  if ('remedy' in error && typeof error.remedy === 'string') return { message: error.message, remedy: error.remedy };
  return { message: `unexpected: ${error.message}`, remedy: error.stack ?? '' };
};
