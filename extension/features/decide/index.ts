import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { verbsOf } from '../../ground/decision/verbs.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { whereTrusted } from '../../ground/problem/where-trusted.ts';
import { change } from '../../ground/ask/change.ts';
import { approve } from './approve.ts';
import { askedBy, decide, decisionFor } from './decisions.ts';
import { approveEdited, editAllArguments, editAndApprove, registerArgumentEditor } from './edit.ts';

export const registerDecide = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerArgumentEditor(longhaul),
    registerCommands({
      'longhaul.reject': (target) => reject(longhaul, target),
      ...whereTrusted({
        'longhaul.approve': (target) => approve(longhaul, target),
        'longhaul.editAndApprove': (target) => editAndApprove(longhaul, target),
        'longhaul.approveEdited': (uri) => approveEdited(longhaul, uri),
        'longhaul.editAllArguments': (uri) => editAllArguments(uri),
        'longhaul.answer': (target) => answer(longhaul, target),
        'longhaul.renew': (target) => renew(longhaul, target),
      }),
    }),
  );

const any = ['call', 'budget', 'retry', 'setup', 'changes', 'publish', 'question'] as const;

/** Says no, with a reason, which may be empty; what that comes to is said first. */
const reject = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, any);
  if (summary === undefined) return;
  const { no, noMeans } = verbsOf(summary.request);
  const reason = await vscode.window.showInputBox({
    title: `${no}: ${summary.request.action}`,
    prompt: `${askedBy(longhaul, summary)}. ${noMeans}`,
    placeHolder: t('Reason (may be left out)'),
    ignoreFocusOut: true,
  });
  if (reason !== undefined) await decide(longhaul, summary, { kind: 'rejected', reason });
};

/** Answers a question: one of its choices, or in words. */
const answer = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['question']);
  if (summary === undefined) return;
  const text = await ask(summary.request, askedBy(longhaul, summary));
  if (text !== undefined && text.trim() !== '') await decide(longhaul, summary, { kind: 'answered', answer: text });
};

const ask = ({ action, reason, choices }: DecisionRequest, run: string): Thenable<string | undefined> => {
  const said = [run, reason].filter(Boolean).join(': ');
  return choices.length > 0
    ? vscode.window.showQuickPick(choices, { title: action, placeHolder: said, ignoreFocusOut: true })
    : vscode.window.showInputBox({ title: action, prompt: said, placeHolder: t('Answer'), ignoreFocusOut: true });
};

/** Asks an expired decision again; decides nothing yet. */
const renew = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, any);
  if (summary === undefined) return;
  const { run, request } = summary;
  await change(longhaul, run, (api) => api.decisions.renew.mutate({ run, decision: request.id }));
};
