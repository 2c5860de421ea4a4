import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { z } from 'zod';
import { isOutputEffect } from '../../../shared/run/effect.ts';
import { publishArguments } from '../../../shared/run/publish-decision.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { publicationFacts } from '../../ground/decision/publication-facts.ts';
import { askedText } from '../../ground/decision/asked-text.ts';
import { tellEnd } from '../../ground/publication/end.ts';
import { asksForKey } from '../../ground/decision/refused-key.ts';
import { verbsOf } from '../../ground/decision/verbs.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { setModelKey } from '../../ground/model-key/model-key.ts';
import { exactArguments } from '../../../shared/text/clean.ts';
import { expiry } from '../../ground/text/text.ts';
import { editArguments } from './edit.ts';
import { askedBy, decide, decisionFor } from './decisions.ts';

/** Characters of arguments that a dialog can show whole. What is longer is read, and approved, in an editor. */
const dialogCharacters = 1_200;

/** Only the page shows all that would be published: what is asked for elsewhere leads there. */
const FromPage = z.object({ hash: z.string() });

const approvePublishing = async (longhaul: Longhaul, summary: DecisionSummary, argument: unknown): Promise<void> => {
  const { run, request } = summary;
  const asked = publishArguments(request);
  if (asked === null || FromPage.safeParse(argument).data?.hash !== request.hash)
    return vscode.commands.executeCommand('longhaul.openDecision', { run, decision: request.id });
  const isSecret = asked.secrets.length > 0;
  const look = asked.effects.every(isOutputEffect)
    ? { label: t('Look at It'), command: 'longhaul.openRun' }
    : { label: t('Open Diff'), command: 'longhaul.review' };
  const yes = isSecret ? t('Publish All the Same') : verbsOf(request).yes;
  const chosen = await vscode.window.showWarningMessage(
    askedText(request),
    {
      modal: true,
      detail: [
        t('Run: {0}', askedBy(longhaul, summary)),
        publicationFacts(request)
          .map(({ label, text }) => t('{0}: {1}', label, text))
          .join('\n'),
        t('Then: {0}', request.consequence),
        expiry(request.expiresAt, Date.now()),
      ].join('\n\n'),
    },
    // The first is what Enter does, and publishes nothing.
    look.label,
    yes,
  );
  if (chosen === look.label) return vscode.commands.executeCommand(look.command, { run });
  if (chosen !== yes) return;
  await decide(longhaul, summary, { kind: 'approved', arguments: null });
  await tellEnd(longhaul, run);
};

const setKey = t('Set Model Key and Try Again');
const edit = t('Edit and Approve…');
const openApproval = t('Open Approval');

/** Shows exactly what is approved, then approves it. */
export const approve = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const summary = await decisionFor(longhaul, argument, ['call', 'budget', 'retry', 'setup', 'changes', 'publish']);
  if (summary === undefined) return;
  if (summary.request.kind === 'publish') return approvePublishing(longhaul, summary, argument);
  const exact = exactArguments(summary.request.arguments);
  if (exact.length > dialogCharacters) return editArguments(summary);
  const { request } = summary;
  const { yes } = verbsOf(request);
  const keyFirst = asksForKey(longhaul.runs.get(summary.run), request);
  const editable = request.kind === 'call' || request.kind === 'budget';
  const chosen = await vscode.window.showWarningMessage(
    request.action,
    {
      modal: true,
      detail: [
        t('Run: {0}', askedBy(longhaul, summary)),
        request.reason === '' ? '' : t('Why: {0}', request.reason),
        t('Then: {0}', request.consequence),
        t('Exactly:\n{0}', exact),
        t('{0}. Otherwise: {1}', expiry(request.expiresAt, Date.now()), request.onExpiry),
      ]
        .filter((line) => line !== '')
        .join('\n\n'),
    },
    // The first is what Enter does, and approves nothing by itself.
    keyFirst ? setKey : openApproval,
    yes,
    ...(editable ? [edit] : []),
  );
  if (chosen === edit) return editArguments(summary);
  if (chosen === openApproval)
    return vscode.commands.executeCommand('longhaul.openDecision', { run: summary.run, decision: request.id });
  if (chosen === yes || (chosen === setKey && (await setModelKey(longhaul))))
    await decide(longhaul, summary, { kind: 'approved', arguments: null });
};
