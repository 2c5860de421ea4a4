import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { reviewScheme } from './address.ts';
import { isMultiDiff } from './in-front.ts';
import { isReviewTitle } from './title.ts';
import { lensStep } from './lens-step.ts';

const answerKey = 'longhaul.codeLensInDiffs';
const setKey = 'longhaul.codeLensWasSet';
const section = 'diffEditor';
const name = 'codeLens';

/** Whether a tab of this window shows a result. */
const isOpen = (): boolean =>
  vscode.window.tabGroups.all.some(({ tabs }) =>
    tabs.some(({ input, label }) => {
      if (input instanceof vscode.TabInputText) return input.uri.scheme === reviewScheme;
      if (input instanceof vscode.TabInputTextDiff) return input.modified.scheme === reviewScheme;
      return isMultiDiff(input) && isReviewTitle(label);
    }),
  );

/**
 * The lenses above each change are shown in diffs only where a setting of the editor's says so, for all diffs alike. It is the person's: they are
 * asked, once, and what was switched on for a review is switched off again when the last one is closed.
 */
export const registerCodeLens = ({ extension: { globalState }, log }: Longhaul): vscode.Disposable => {
  let asked = false;
  let working: Promise<void> = Promise.resolve();

  const put = async (value: true | undefined): Promise<void> => {
    await vscode.workspace.getConfiguration(section).update(name, value, vscode.ConfigurationTarget.Global);
    await globalState.update(setKey, value);
  };
  const ask = async (): Promise<void> => {
    asked = true;
    const show = t('Show Them');
    const not = t('Not in Diffs');
    const text = t(
      'Accept and Reject can stand above each change. The editor shows them with CodeLens in all diffs (diffEditor.codeLens): switch that on while a review is open? Without it they are in the view Review and on Ctrl+K Y and N.',
    );
    const chosen = await vscode.window.showInformationMessage(text, show, not);
    if (chosen === undefined) return;
    await globalState.update(answerKey, chosen === show);
    look();
  };
  const step = async (): Promise<void> => {
    const { globalValue, workspaceValue } = vscode.workspace.getConfiguration(section).inspect<boolean>(name) ?? {};
    const next = lensStep({
      open: isOpen(),
      answer: globalState.get<boolean>(answerKey) ?? null,
      own: workspaceValue ?? globalValue ?? null,
      wasSet: globalState.get<boolean>(setKey) === true,
    });
    if (next === 'ask' && !asked) ask().catch(showProblem);
    if (next === 'set') await put(true);
    if (next === 'take back') await put(undefined);
  };
  // One after the other: each looks at what the one before has left.
  const look = (): void => {
    working = working.then(step).catch((error: unknown) => log.warn(`CodeLens in diffs: ${String(error)}`));
  };
  look();
  return vscode.Disposable.from(
    vscode.window.tabGroups.onDidChangeTabs(look),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${section}.${name}`)) look();
    }),
  );
};
