import { t } from '@vscode/l10n';
import { z } from 'zod';
import { ConnectionError } from '../problem/connection-error.ts';

/** What the command line prints where it did not do what it was asked for. */
const Failed = z.object({ error: z.object({ message: z.string(), remedy: z.string() }) });

/** The JSON that a command printed. Throws ConnectionError where that says what went wrong, or is none: it was ended half-way. */
export const answerOf = (printed: string): unknown => {
  const answer = jsonOrNull(printed);
  const failed = Failed.safeParse(answer);
  if (failed.success) throw new ConnectionError('refused', failed.data.error.message, failed.data.error.remedy);
  if (answer === null)
    throw new ConnectionError(
      'refused',
      t('The command line ended without an answer, so it may have been done or not.'),
      t('Look at the list of runs and at your files, then try again; the log of Longhaul says more.'),
    );
  return answer;
};

const jsonOrNull = (printed: string): unknown => {
  try {
    return JSON.parse(printed);
  } catch {
    return null;
  }
};
