import * as vscode from 'vscode';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { decisionFor } from './target.ts';
import { shownHash } from './verified.ts';

/** Answers a question: one of its choices, or in words. */
export const answer = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['question']);
  if (summary === undefined) return;
  const { run, request } = summary;
  const text = await ask(request);
  if (text === undefined || text.trim() === '') return;
  const api = await longhaul.connection.api();
  longhaul.runs.learn(
    await api.decisions.decide.mutate({
      run,
      decision: request.id,
      hash: shownHash(summary),
      verdict: { kind: 'answered', answer: text },
    }),
  );
};

const ask = ({ action, reason, choices }: DecisionRequest): Thenable<string | undefined> =>
  choices.length > 0
    ? vscode.window.showQuickPick(choices, { title: action, placeHolder: reason, ignoreFocusOut: true })
    : vscode.window.showInputBox({ title: action, prompt: reason, placeHolder: 'Answer', ignoreFocusOut: true });
