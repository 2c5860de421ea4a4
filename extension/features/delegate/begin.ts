import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunState } from '../../../shared/run/state.ts';
import { choicesText } from '../../ground/delegation/choices-text.ts';
import { inFolder, keptChoices, type Choices, type Delegation } from '../../ground/delegation/choices.ts';
import { foldersFor, type Folder } from '../../ground/delegation/folder.ts';
import { goalOf, prefillOf, type Origin } from '../../ground/delegation/origin.ts';
import { referencesText } from '../../ground/delegation/references.ts';
import { typedIn } from '../../ground/ask/typed.ts';
import { inTheWay, waysFor } from '../../ground/delegation/ready.ts';
import { submit, unsavedIn } from '../../ground/delegation/submit.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import { doing, offer } from '../../ground/problem/offer.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { chosenWay, leadsAway, take } from '../../ground/ways-out/take.ts';
import { dirtyFiles } from '../../ground/repository/repository.ts';
import { holdsIn } from './ask-holds.ts';
import { draftTitle, isWorthKeeping, readDraft, type Draft } from './draft.ts';
import { findReferences } from './find-references.ts';
import { openGoal } from './goal-document.ts';
import { withTests } from './holds.ts';
import { runWizard } from './wizard.ts';

/** Where the last choices of each repository are kept, in the state of the workspace. */
export const choicesKey = (root: string): string => `longhaul.delegate.choices ${root}`;

/** Where what is not delegated yet is kept. */
const draftKey = (root: string): string => `longhaul.delegate.draft ${root}`;

const boxesOf = ({ extension }: Longhaul, root: string) =>
  typedIn(extension.workspaceState, `longhaul.delegate.typed ${root}`);

export const keptDraft = ({ extension }: Longhaul, root: string): Draft | null =>
  readDraft(extension.workspaceState.get(draftKey(root)));

export const keepDraft = ({ extension }: Longhaul, root: string, draft: Draft | undefined): void =>
  void extension.workspaceState.update(draftKey(root), draft);

interface Beginning {
  readonly origin: Origin;
  readonly choices: Choices;
}

export const draftOf = ({ origin, choices }: Beginning): Draft => {
  const prefill = prefillOf(origin);
  return { prefill, from: origin.kind, typed: prefill.text, choices, session: randomUUID() };
};

/** Goes on with the draft that there is, if the person wants to, or begins anew. */
export const begin = async (longhaul: Longhaul, root: string, beginning: Beginning): Promise<void> => {
  const anew = draftOf(beginning);
  const kept = keptDraft(longhaul, root);
  const begun = kept === null ? anew : await askDraft(kept, anew);
  if (begun === undefined) return;
  if (begun === anew) keepDraft(longhaul, root, undefined);
  if (begun === anew && kept !== null) boxesOf(longhaul, root).forget();
  // A box has one line.
  if (begun.typed.includes('\n')) return openGoal(root, begun.typed);
  await goOn(longhaul, root, { begun, first: 'goal', isKept: begun === kept });
};

/** Which to go on with: what a person had begun to write, or what they called now; undefined: neither. */
const askDraft = async (kept: Draft, anew: Draft): Promise<Draft | undefined> => {
  const items = [
    {
      label: `$(edit) ${t('Continue the draft: {0}', draftTitle(kept))}`,
      detail: choicesText(kept.choices),
      draft: kept,
    },
    { label: `$(trash) ${t('Discard the draft and begin anew')}`, detail: anew.typed, draft: anew },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Delegate to Background Agent: a draft is there'),
    ignoreFocusOut: true,
  });
  return chosen?.draft;
};

interface GoingOn {
  readonly begun: Draft;
  /** The step that is shown first. */
  readonly first: 'goal' | 'summary';
  /** It stays until it is delegated, though nothing more is typed. */
  readonly isKept: boolean;
}

/** Shows the wizard. Resolves with whether it was delegated. */
export const goOn = async (longhaul: Longhaul, root: string, { begun, first, isKept }: GoingOn): Promise<boolean> => {
  const dirty = await dirtyFiles(root);
  const folders = await foldersFor(root, { kind: 'files', paths: [begun.choices.folder] });
  const isThere = folders.some(({ folder }) => folder === begun.choices.folder);
  const holds = holdsIn(longhaul, root);
  const boxes = boxesOf(longhaul, root);
  let delegated = false;
  await runWizard({
    ...begun,
    choices: isThere ? begun.choices : inFolder(begun.choices, ''),
    first,
    repository: path.basename(root),
    dirty,
    folders,
    holds,
    unsaved: unsavedIn(root).length,
    boxes,
    recipes: async () => {
      const api = await longhaul.connection.api();
      const { state } = longhaul.connection;
      // A runner on another machine does not see this folder, and has the built-in ones.
      const local = state.status === 'connected' && state.local;
      return api.recipes.list.query({ repository: local ? root : null });
    },
    failing: () => inTheWay(longhaul),
    mend: () => mend(longhaul),
    keep: (typed, choices) => {
      const draft = { ...begun, typed, choices };
      keepDraft(longhaul, root, isKept || isWorthKeeping(draft, begun) ? draft : undefined);
    },
    write: async (typed, choices) => {
      const goal = goalOf(typed, begun.prefill);
      // What went along is in the text now.
      keepDraft(longhaul, root, { ...begun, prefill: written, typed: goal, choices });
      await openGoal(root, goal);
    },
    delegate: async (typed, choices) => {
      const said = withTests(choices, await holds(choices), foundIn(folders, choices.folder));
      await hand(longhaul, begun, { goal: await goalWith(root, typed, begun), repository: root, choices: said });
      keepDraft(longhaul, root, undefined);
      boxes.forget();
      delegated = true;
      // What another run was delegated with is not what the person chose last.
      if (begun.from === 'again') return;
      const { workspaceState } = longhaul.extension;
      const before = workspaceState.get(choicesKey(root));
      await workspaceState.update(choicesKey(root), keptChoices(before, begun.from, choices));
    },
  });
  return delegated;
};

const mend = async (longhaul: Longhaul): Promise<boolean> => {
  const [first] = await inTheWay(longhaul);
  const way = first === undefined ? undefined : await chosenWay(first.name, waysFor(first));
  if (way === undefined) return true;
  await take(way);
  return !leadsAway(way);
};

/** The prefill of a goal that was written in an editor: it is all there. */
export const written: Draft['prefill'] = { text: '', whole: true, context: '' };

const foundIn = (folders: readonly Folder[], chosen: string): Folder['found'] =>
  folders.find(({ folder }) => folder === chosen)?.found ?? null;

/** The goal with what goes along, and with where what it names is. Throws ConnectionError where the person wants to correct a name. */
const goalWith = async (root: string, typed: string, { prefill }: Draft): Promise<string> => {
  const { found, missing } = await findReferences(root, typed);
  if (missing.length > 0) {
    const asText = t('Delegate as Text');
    const message =
      missing.length === 1
        ? t('{0} is no file of {1}.', missing.join(''), path.basename(root))
        : t('These are no files of {1}: {0}.', missing.join(', '), path.basename(root));
    const detail = t('Delegated as text, the agent reads it as it stands.');
    const chosen = await vscode.window.showWarningMessage(
      message,
      { modal: true, detail },
      t('Do Not Delegate'),
      asText,
    );
    if (chosen !== asText) throw new ConnectionError('refused', t('Nothing was delegated.'), '');
  }
  return [goalOf(typed, prefill), referencesText(found)].filter(Boolean).join('\n\n');
};

/** Hands it over and says so. */
const hand = async (longhaul: Longhaul, { session }: Draft, delegation: Delegation): Promise<void> => {
  const { choices, repository } = delegation;
  const now = await dirtyFiles(repository);
  // What is as in the last commit by now goes along as it is.
  const without = choices.without.filter((file) => now === null || now.includes(file));
  const run = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Longhaul: handing the task over…') },
    () => submit(longhaul, { ...delegation, choices: { ...choices, without } }, session),
  );
  announce(run);
};

/** Shows the view with the run, and says it; waits for nobody. */
const announce = ({ id, number, task }: RunState): void => {
  const show = async (): Promise<void> => {
    await vscode.commands.executeCommand('longhaul.runs.focus');
    await offer(vscode.window.showInformationMessage, t('Delegated as run {0}: {1}', number, task.title), {
      [t('Open Run')]: doing('longhaul.openRun', { run: id }),
    });
  };
  show().catch(showProblem);
};
