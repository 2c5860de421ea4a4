import type { TRPCClientError } from '@trpc/client';
import type { ApiRouter } from '../../../shared/api/router.ts';
import * as vscode from 'vscode';
import { z } from 'zod';
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
  if (error instanceof ConnectionError) return { code: codeOf(error), message: error.message, remedy: error.remedy };
  const message = error instanceof Error ? error.message : String(error);
  if (!isApiError(error)) return { code: 'internal', message, remedy: 'The output of Longhaul says more.' };
  const data = ErrorData.safeParse(error.data);
  if (!data.success)
    return { code: 'unreachable', message: 'The runner does not answer.', remedy: 'It is looked for again.' };
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
      message: 'The runner does not know this token.',
      remedy: 'Set the right one with the command "Longhaul: Set Runner Token".',
    };
  if (code === 'FORBIDDEN')
    return { code: 'refused', message, remedy: 'Ask the one who runs it for a token with that role.' };
  if (code === 'SERVICE_UNAVAILABLE') return { code: 'unavailable', message, remedy: 'Then try again.' };
  return { code: 'internal', message, remedy: "The runner's log says more." };
};

/** By name: to load the client's whole package in order to compare classes would make every start slower. */
const isApiError = (error: unknown): error is TRPCClientError<ApiRouter> =>
  error instanceof Error && error.name === 'TRPCClientError';

const codeOf = ({ trouble }: ConnectionError): Problem['code'] => trouble;

/** Remedies of the runner name commands of the command line; here they are a click away, so those are left out. */
const inTheEditor = (remedy: string): string => (remedy.includes('longhaul ') ? '' : remedy);

/** Shows what went wrong, with its remedy as a button where one of our commands is it. Waits for nobody. */
export const showProblem = (error: unknown): void => {
  const problem = problemOf(error);
  const actions = actionsFor(problem.code);
  const text = problem.remedy === '' ? problem.message : `${problem.message} ${problem.remedy}`;
  void vscode.window.showErrorMessage(text, ...actions.keys()).then((chosen) => {
    const command = chosen === undefined ? undefined : actions.get(chosen);
    return command === undefined ? undefined : vscode.commands.executeCommand(command);
  });
};

const actionsFor = (code: Problem['code']): ReadonlyMap<string, string> => {
  switch (code) {
    case 'unauthorized':
      return new Map([['Set Runner Token', 'longhaul.setRunnerToken']]);
    case 'unreachable':
      return new Map([
        ['Try Again', 'longhaul.reconnect'],
        ['Check with Doctor', 'longhaul.doctor'],
      ]);
    case 'internal':
    case 'unavailable':
      return new Map([['Show Log', 'longhaul.showLog']]);
    case 'invalid':
    case 'refused':
      return new Map();
  }
};

/** Registers a command whose failures are shown to the person, and not thrown at VS Code. */
export const registerCommand = (
  id: string,
  run: (...args: readonly unknown[]) => Promise<void> | void,
): vscode.Disposable =>
  vscode.commands.registerCommand(id, async (...args: readonly unknown[]) => {
    try {
      await run(...args);
    } catch (error) {
      showProblem(error);
    }
  });
