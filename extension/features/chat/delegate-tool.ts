import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { chooseRepository } from '../../ground/repository/choose-repository.ts';
import { commandsText } from '../../ground/delegation/choices-text.ts';
import { firstChoices, plannedCommand } from '../../ground/delegation/choices.ts';
import { submit } from '../../ground/delegation/submit.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { fenced } from '../../ground/text/fenced.ts';
import { answer, type Tool } from './tool.ts';
import { DelegateToolInput } from './tool-inputs.ts';

/** Lets a chat model delegate; the person confirms each call, and sees what would be handed over. */
export const delegateTool = (longhaul: Longhaul): Tool => ({
  prepareInvocation: ({ input }) => {
    const parsed = DelegateToolInput.safeParse(input);
    const { goal, verification } = parsed.success ? parsed.data : { goal: '', verification: null };
    const said = verification
      ? commandsText([plannedCommand(verification)])
      : t('what .longhaul/config.yaml says, if there is one');
    const told = t('The agent works in the background on a copy of the working tree as it is. Verification:');
    const message = new vscode.MarkdownString(`${fenced(goal, 'text')}\n\n${told}\n\n${fenced(said, 'text')}`);
    return {
      invocationMessage: t('Delegating to a background agent'),
      confirmationMessages: { title: t('Delegate to Background Agent'), message },
    };
  },
  invoke: async ({ input }) => {
    const parsed = DelegateToolInput.safeParse(input);
    if (!parsed.success) return answer('Nothing was delegated: a goal is needed.');
    try {
      return answer(await delegate(longhaul, parsed.data));
    } catch (error) {
      const { message, remedy } = problemOf(error);
      return answer(`Nothing was delegated. ${message} ${remedy}`);
    }
  },
});

const delegate = async (longhaul: Longhaul, { goal, verification }: DelegateToolInput): Promise<string> => {
  if (!vscode.workspace.isTrusted) return 'Nothing was delegated: the workspace is not trusted.';
  const chosen = await chooseRepository([]);
  if (chosen.outcome === 'dismissed') return 'Nothing was delegated: the person chose no repository.';
  if (chosen.outcome === 'failed') return `Nothing was delegated. ${chosen.message} ${chosen.remedy}`;
  const choices = { ...firstChoices, verification: verification ? [plannedCommand(verification)] : null };
  const run = await submit(longhaul, { goal, repository: chosen.root, choices });
  return `Delegated as run ${run.number} (${run.id}). It works in the background; its result comes to the user for review in the view "Longhaul". Do not wait for it.`;
};
