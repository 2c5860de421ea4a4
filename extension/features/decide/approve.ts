import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { argumentsText, expiry } from '../../ground/text/text.ts';
import { editArguments } from './edit.ts';
import { decide, decisionFor } from './decisions.ts';

/** Characters of arguments that a dialog can show whole. What is longer is read, and approved, in an editor. */
const dialogCharacters = 1_200;

/** Shows exactly what is approved, then approves it. */
export const approve = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['call', 'budget', 'retry', 'setup', 'changes']);
  if (summary === undefined) return;
  const exact = argumentsText(summary.request.arguments);
  if (exact.length > dialogCharacters) return editArguments(summary);
  const { request, title } = summary;
  const editable = request.kind === 'call' || request.kind === 'budget';
  const chosen = await vscode.window.showWarningMessage(
    request.action,
    {
      modal: true,
      detail: [
        `Run: ${title}`,
        request.reason === '' ? '' : `Why: ${request.reason}`,
        `Then: ${request.consequence}`,
        `Exactly: ${exact}`,
        `${expiry(request.expiresAt, Date.now())}. Otherwise: ${request.onExpiry}`,
      ]
        .filter((line) => line !== '')
        .join('\n\n'),
    },
    'Approve',
    ...(editable ? ['Edit and Approve…'] : []),
  );
  if (chosen === 'Approve') await decide(longhaul, summary, { kind: 'approved', arguments: null });
  else if (chosen !== undefined) await editArguments(summary);
};
