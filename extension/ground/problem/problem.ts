import { t } from '@vscode/l10n';
import type { TRPCClientError } from '@trpc/client';
import type { ApiRouter } from '../../../shared/api/router.ts';
import * as vscode from 'vscode';
import { z } from 'zod';
import { doing, offer, type Deeds } from './offer.ts';
import { ConnectionError } from './connection-error.ts';

/** Why something did not succeed, and what to do about it, in words for a person. */
export interface Problem {
  readonly code: 'unreachable' | 'unauthorized' | 'invalid' | 'refused' | 'unavailable' | 'internal';
  readonly message: string;
  readonly remedy: string;
}

const ErrorData = z.object({
  code: z.string(),
  refusal: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullish(),
});

/** What an error means. A bug is `internal`, with its own message. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof ConnectionError) return { code: error.trouble, message: error.message, remedy: error.remedy };
  const message = error instanceof Error ? error.message : String(error);
  if (!isApiError(error)) return { code: 'internal', message, remedy: t('The output of Longhaul says more.') };
  const data = ErrorData.safeParse(error.data);
  if (!data.success)
    return { code: 'unreachable', message: t('The runner does not answer.'), remedy: t('It is looked for again.') };
  const { code, refusal } = data.data;
  if (refusal)
    return {
      code: refusal.code === 'invalid' ? 'invalid' : 'refused',
      message: refusal.message,
      remedy: inTheEditor(refusal.remedy),
    };
  if (code === 'UNAUTHORIZED')
    return {
      code: 'unauthorized',
      message: t('The runner does not know this token.'),
      remedy: t('Set the right one with the command "Longhaul: Set Runner Token".'),
    };
  if (code === 'FORBIDDEN')
    return { code: 'refused', message, remedy: t('Ask the one who runs it for a token with that role.') };
  if (code === 'SERVICE_UNAVAILABLE') return { code: 'unavailable', message, remedy: t('Then try again.') };
  return { code: 'internal', message, remedy: t("The runner's log says more.") };
};

/** By name: to load the client's whole package in order to compare classes would make every start slower. */
const isApiError = (error: unknown): error is TRPCClientError<ApiRouter> =>
  error instanceof Error && error.name === 'TRPCClientError';

/** Remedies of the runner name commands of the command line; here they are a click away, so those are left out. */
const inTheEditor = (remedy: string): string => (remedy.includes('longhaul ') ? '' : remedy);

/** Shows what went wrong, with its remedy as a button where one of our commands is it. Waits for nobody. */
export const showProblem = (error: unknown): void => {
  const { code, message, remedy } = problemOf(error);
  void offer(vscode.window.showErrorMessage, remedy === '' ? message : `${message} ${remedy}`, deedsFor(code));
};

const deedsFor = (code: Problem['code']): Deeds => {
  switch (code) {
    case 'unauthorized':
      return { [t('Set Runner Token')]: doing('longhaul.setRunnerToken') };
    case 'unreachable':
      return { [t('Try Again')]: doing('longhaul.reconnect'), [t('Check with Doctor')]: doing('longhaul.doctor') };
    case 'internal':
    case 'unavailable':
      return { [t('Show Log')]: doing('longhaul.showLog') };
    case 'invalid':
    case 'refused':
      return {};
  }
};

/** Registers commands by their ids. What one fails with is shown to the person, and not thrown at VS Code. */
export const registerCommands = (
  commands: Readonly<Record<string, (...args: readonly unknown[]) => unknown>>,
): vscode.Disposable =>
  vscode.Disposable.from(
    ...Object.entries(commands).map(([id, run]) =>
      vscode.commands.registerCommand(id, async (...args: readonly unknown[]) => {
        try {
          await run(...args);
        } catch (error) {
          showProblem(error);
        }
      }),
    ),
  );
