import * as vscode from 'vscode';

/** The steps of the walkthrough. */
const steps = ['check', 'key', 'delegate', 'decide', 'automate'] as const;
type Step = (typeof steps)[number];

const tick = (when: 'achieved' | 'told', step: Step): Thenable<unknown> =>
  vscode.commands.executeCommand('setContext', `longhaul.${when}.${step}`, true);
const keyOf = (step: Step): string => `longhaul.achieved.${step}`;

/** Ticks a step of the walkthrough: what was done, and not what somebody began. */
export const achieved = async ({ globalState }: vscode.ExtensionContext, step: Step): Promise<void> => {
  await globalState.update(keyOf(step), true);
  await tick('achieved', step);
};

/**
 * Ticks what was done before the walkthrough was opened. VS Code takes note of a context that changes while it looks after walkthroughs, once,
 * and of none that had changed before: hence another one.
 */
export const tellAchieved = async ({ globalState }: vscode.ExtensionContext): Promise<void> => {
  for (const step of steps) if (globalState.get<boolean>(keyOf(step)) === true) await tick('told', step);
};
