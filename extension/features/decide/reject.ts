import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { decisionFor } from './target.ts';
import { shownHash } from './verified.ts';

/** Rejects, with a reason that the agent reads; it may be empty. */
export const reject = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['call', 'budget', 'retry', 'setup', 'question']);
  if (summary === undefined) return;
  const { run, request } = summary;
  const reason = await vscode.window.showInputBox({
    title: `Reject: ${request.action}`,
    prompt: 'Why? The agent reads it and goes on from there.',
    placeHolder: 'Reason (may be left out)',
    ignoreFocusOut: true,
  });
  if (reason === undefined) return;
  const api = await longhaul.connection.api();
  longhaul.runs.learn(
    await api.decisions.decide.mutate({
      run,
      decision: request.id,
      hash: shownHash(summary),
      verdict: { kind: 'rejected', reason },
    }),
  );
};
