import type { z } from 'zod';

/** What is wrong with a value, as clauses for a sentence: `lines: expected number; setup[0].run: too small`. */
export const issueText = (error: z.ZodError, whole: string): string =>
  error.issues.map((issue) => `${pathText(issue.path) || whole}: ${issue.message}`).join('; ');

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`)).join('');
