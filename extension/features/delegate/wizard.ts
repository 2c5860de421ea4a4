import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { WentElsewhere } from '../../ground/problem/connection-error.ts';
import { say } from '../../ground/problem/offer.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { changeChoice, completed, type ChoiceRow, type Offered } from './change-choice.ts';
import type { Check } from '../../ground/connection/examine.ts';
import { untilHidden } from '../../ground/ask/until-hidden.ts';
import type { Choices } from '../../ground/delegation/choices.ts';
import { goalTrouble, type Prefill } from '../../ground/delegation/origin.ts';
import type { Holds } from './holds.ts';
import { summaryRows, type RowId } from './rows.ts';

const title = t('Delegate to Background Agent');

export interface WizardInput extends Offered {
  readonly prefill: Prefill;
  /** What stands in the box at first: what was filled in, or a draft. */
  readonly typed: string;
  readonly choices: Choices;
  /** The step that is shown first. */
  readonly first: 'goal' | 'summary';
  /** Name of the repository. */
  readonly repository: string;
  readonly unsaved: number;
  /** What would hold with these choices. Never rejects. */
  holds(choices: Choices): Promise<Holds>;
  /** What a run would fail for; empty: nothing, or it is not known. Never rejects. */
  failing(): Promise<readonly Check[]>;
  /** Offers what can be done about that. False: the person has something to do elsewhere first. */
  mend(): Promise<boolean>;
  /** Told of all that is typed and chosen, as it is. */
  keep(typed: string, choices: Choices): void;
  /** Opens an editor for the goal, which the wizard leaves it to. */
  write(typed: string, choices: Choices): Promise<void>;
  /** Delegates; what it throws is shown, and the wizard stays for another try. */
  delegate(typed: string, choices: Choices): Promise<void>;
}

/** Asks for the goal, then shows what would happen: enter, enter. Resolves when it was delegated or dismissed. */
export const runWizard = async (input: WizardInput): Promise<void> => {
  let { typed, choices } = input;
  let row: RowId = input.first === 'goal' ? 'goal' : 'delegate';
  // Asked while the goal is typed, so that the rows are there with the list.
  void input.holds(choices);
  void input.failing();
  const change = async (what: ChoiceRow): Promise<void> => {
    choices = await changed(what, choices, input);
    input.keep(typed, choices);
  };
  for (;;) {
    if (row === 'goal') {
      // A box has one line.
      if (typed.includes('\n')) return input.write(typed, choices);
      const answer = await askGoal(input, typed, choices);
      if (answer === undefined) return;
      ({ typed } = answer);
      if (answer.next === 'editor') return input.write(typed, choices);
      if (answer.next === 'recipe') {
        await change('recipe');
        continue;
      }
    }
    const chosen = await askSummary(input, { typed, choices, row });
    if (chosen === undefined) return;
    row = chosen;
    // The recipe may be another one than when it was typed.
    if (row === 'delegate' && goalTrouble(typed, input.prefill, choices.recipe?.needsGoal) !== null) row = 'goal';
    if (row === 'delegate') {
      try {
        const complete = await completed(choices, input);
        if (complete === undefined) continue;
        if (complete !== choices) input.keep(typed, complete);
        choices = complete;
        return await input.delegate(typed, choices);
      } catch (error) {
        if (error instanceof WentElsewhere) return say(`${error.message} ${error.remedy}`);
        showProblem(error);
      }
    } else if (row === 'ready') {
      if (!(await input.mend())) return;
    } else if (row !== 'goal') await change(row);
  }
};

/** What goes wrong is shown, and nothing that was typed or chosen is lost. */
const changed = async (row: ChoiceRow, choices: Choices, input: WizardInput): Promise<Choices> => {
  try {
    return await changeChoice(row, choices, input);
  } catch (error) {
    showProblem(error);
    return choices;
  }
};

/** `next`: what the person wants to see next. */
interface Goal {
  readonly typed: string;
  readonly next: 'summary' | 'recipe' | 'editor';
}

const recipeButton: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('book'), tooltip: t('Recipe…') };

const editorButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('go-to-file'),
  tooltip: t('Write It in an Editor…'),
};

const askGoal = (input: WizardInput, value: string, choices: Choices): Promise<Goal | undefined> => {
  const { recipe } = choices;
  const box = vscode.window.createInputBox();
  box.title = `${title} (1/2)`;
  box.prompt =
    recipe === null
      ? t('What shall the agent do in {0}? It works on a copy.', input.repository)
      : recipe.needsGoal
        ? t('{0}: what is it about?', recipe.title)
        : t('{0}: is it about something in particular?', recipe.title);
  box.placeholder = t('Such as: fix the rounding of totals, and add a test for it');
  box.buttons = [editorButton, recipeButton];
  box.ignoreFocusOut = true;
  box.value = value;
  // At the end: typing goes on where the prefilled text stops.
  box.valueSelection = [value.length, value.length];
  box.onDidChangeValue((text) => {
    box.validationMessage = undefined;
    input.keep(text, choices);
  });
  return untilHidden(box, (end) => {
    box.onDidTriggerButton((button) => end({ typed: box.value, next: button === editorButton ? 'editor' : 'recipe' }));
    box.onDidAccept(() => {
      const trouble = goalTrouble(box.value, input.prefill, recipe?.needsGoal);
      if (trouble === null) end({ typed: box.value, next: 'summary' });
      else box.validationMessage = trouble;
    });
  });
};

interface Shown {
  readonly typed: string;
  readonly choices: Choices;
  /** The row that the person comes back from. */
  readonly row: RowId;
}

/** The row that was chosen; undefined: dismissed. What would hold is filled in once the runner has said it. */
const askSummary = (input: WizardInput, { typed, choices, row }: Shown): Promise<RowId | undefined> => {
  const list = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly row: RowId }>();
  list.title = `${title} (2/2)`;
  list.placeholder = t('Enter delegates; choose a row to change it');
  list.ignoreFocusOut = true;
  list.buttons = [vscode.QuickInputButtons.Back];
  let holds: Holds = { status: 'asked' };
  let failing: readonly Check[] = [];
  const show = (active: RowId | undefined): void => {
    list.busy = holds.status === 'asked';
    list.items = summaryRows({
      ...input,
      goal: typed,
      choices,
      folders: input.folders.map(({ folder }) => folder),
      found: input.folders.find(({ folder }) => folder === choices.folder)?.found ?? null,
      holds,
      failing,
    });
    if (active !== undefined) list.activeItems = list.items.filter((item) => item.row === active);
  };
  // After a change the cursor is back on "Delegate": enter is enough again.
  show(row === 'goal' ? undefined : 'delegate');
  let shown = true;
  list.onDidHide(() => {
    shown = false;
  });
  const showAgain = (): void => {
    if (shown) show(list.activeItems[0]?.row);
  };
  void input.holds(choices).then((answer) => {
    holds = answer;
    showAgain();
  });
  void input.failing().then((checks) => {
    failing = checks;
    if (checks.length > 0) showAgain();
  });
  return untilHidden(list, (end) => {
    list.onDidTriggerButton(() => end('goal'));
    list.onDidAccept(() => {
      const chosen = list.selectedItems[0]?.row ?? list.activeItems[0]?.row;
      if (chosen !== undefined) end(chosen);
    });
  });
};
