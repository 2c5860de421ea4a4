import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { typedIn } from '../../../ground/ask/typed.ts';
import { untilHidden } from '../../../ground/ask/until-hidden.ts';
import type { Longhaul } from '../../../ground/longhaul.ts';
import { doing, offer } from '../../../ground/problem/offer.ts';
import { showProblem } from '../../../ground/problem/problem.ts';
import { chooseRepository } from '../../../ground/repository/choose-repository.ts';
import { triggersIn } from '../../../ground/repository/trigger-files.ts';
import { changed, title, type ChangingRow, type Offered } from './change.ts';
import { faultsOf, fileText } from './definition.ts';
import { firstDraft, readDraft, type Draft } from './draft.ts';
import { fileName, summaryRows, whenText, type RowId } from './rows.ts';
import { writeNew } from './write.ts';

const draftKey = (root: string): string => `longhaul.automations.draft ${root}`;

/** Asks what begins it and what it does, writes that as a file of the repository, and opens it. What was said is kept until it is written. */
export const newAutomation = async (longhaul: Longhaul): Promise<void> => {
  const chosen = await chooseRepository([]);
  if (chosen.outcome === 'failed')
    return offer(vscode.window.showErrorMessage, `${chosen.message} ${chosen.remedy}`, chosen.deeds);
  if (chosen.outcome === 'dismissed') return;
  const { root } = chosen;
  const { workspaceState } = longhaul.extension;
  const typed = typedIn(workspaceState, `longhaul.automations.typed ${root}`);
  const kept = readDraft(workspaceState.get(draftKey(root)));
  const begun = await askDraft(kept);
  if (begun === undefined) return;
  if (kept !== null && begun !== kept) typed.forget();
  const keep = (draft: Draft | undefined): void => void workspaceState.update(draftKey(root), draft);
  const { scheduleOf } = await import('../../../../runner/local/schedule.ts');
  const others = await triggersIn(root);
  const offered: Offered = { others, scheduleOf, typed, recipes: () => recipesFor(longhaul, root) };
  const draft = await describe(begun, offered, keep);
  if (draft === undefined || draft.name === null) return;
  const file = await writeNew(root, draft.name, fileText(draft));
  keep(undefined);
  typed.forget();
  await vscode.window.showTextDocument(vscode.Uri.file(file));
  void offer(
    vscode.window.showInformationMessage,
    t(
      '{0} is written. It counts once it is on the default branch of {1}, and begins runs once it is enabled.',
      fileName(draft),
      path.basename(root),
    ),
    { [t('Show Automations')]: doing('longhaul.automations.focus') },
  );
};

const recipesFor = async ({ connection }: Longhaul, root: string): ReturnType<Offered['recipes']> => {
  const api = await connection.api();
  const { state } = connection;
  // A runner on another machine does not see this folder, and has the built-in ones.
  return api.recipes.list.query({ repository: state.status === 'connected' && state.local ? root : null });
};

/** The draft to go on with, or a new one; undefined: neither. */
const askDraft = async (kept: Draft | null): Promise<Draft | undefined> => {
  if (kept === null) return firstDraft;
  const told = [kept.when === null ? '' : whenText(kept.when), kept.recipe?.title ?? '', kept.goal ?? ''];
  const items = [
    { label: `$(edit) ${t('Continue the draft: {0}', told.filter(Boolean).join(' · '))}`, draft: kept },
    { label: `$(trash) ${t('Discard the draft and begin anew')}`, draft: firstDraft },
  ];
  const options = { title: t('{0}: a draft is there', title), ignoreFocusOut: true };
  return (await vscode.window.showQuickPick(items, options))?.draft;
};

/** What has to be said before the rest can be looked over. */
const missingIn = ({ when, isRecipeSaid, goal, name }: Draft): ChangingRow | null => {
  if (when === null) return 'when';
  if (!isRecipeSaid) return 'recipe';
  if (goal === null) return 'goal';
  return name === null ? 'name' : null;
};

/** Asks for one thing after the other, then shows all of it. Undefined: dismissed. */
const describe = async (begun: Draft, offered: Offered, keep: (draft: Draft) => void): Promise<Draft | undefined> => {
  let draft = begun;
  for (;;) {
    const missing = missingIn(draft);
    const row = missing ?? (await askSummary(draft, offered));
    if (row === undefined) return undefined;
    if (row === 'create') {
      if (faultsOf(draft, offered).length === 0) return draft;
      continue;
    }
    try {
      const said = await changed(row, draft, offered);
      // What is asked for one after the other can be left; a row's question leads back to the rows.
      if (said === undefined && missing !== null) return undefined;
      draft = said ?? draft;
      keep(draft);
    } catch (error) {
      showProblem(error);
      if (missing !== null) return undefined;
    }
  }
};

/** The row that was chosen; undefined: dismissed. */
const askSummary = (draft: Draft, { others, scheduleOf }: Offered): Promise<RowId | undefined> => {
  const list = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly row: RowId }>();
  list.title = title;
  list.placeholder = t('Enter writes the file; choose a row to change it');
  list.ignoreFocusOut = true;
  list.items = summaryRows({ draft, others, scheduleOf, now: Date.now() });
  return untilHidden(list, (end) => {
    list.onDidAccept(() => {
      const chosen = list.selectedItems[0]?.row ?? list.activeItems[0]?.row;
      if (chosen !== undefined) end(chosen);
    });
  });
};
