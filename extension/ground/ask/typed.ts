import * as vscode from 'vscode';
import { z } from 'zod';
import { untilHidden } from './until-hidden.ts';

/** What a person has typed into boxes that they left before Enter, by what each asks. */
export interface Typed {
  get(box: string): string | undefined;
  /** Null: nothing any more. */
  keep(box: string, text: string | null): void;
}

const Kept = z.record(z.string(), z.string());

/** Kept in a window's state under a key, over reloads, until it is forgotten. */
export const typedIn = (state: vscode.Memento, key: string): Typed & { forget(): void } => {
  let kept: Readonly<Record<string, string>> = Kept.safeParse(state.get(key)).data ?? {};
  return {
    get: (box) => kept[box],
    keep: (box, text) => {
      if ((kept[box] ?? null) === text) return;
      const { [box]: _, ...others } = kept;
      kept = text === null ? others : { ...others, [box]: text };
      void state.update(key, kept);
    },
    forget: () => {
      kept = {};
      void state.update(key, undefined);
    },
  };
};

/** Of VS Code's own; `validateInput` answers at once. */
export interface Line extends Pick<vscode.InputBoxOptions, 'title' | 'prompt' | 'placeHolder' | 'value'> {
  readonly validateInput?: (text: string) => string | vscode.InputBoxValidationMessage | null;
}

/** A box that shows what stood in it when it was left, and loses nothing when it is. Undefined: left. VS Code's own tells of what is typed a little later. */
export const typedLine = (
  typed: Typed,
  name: string,
  { title, prompt, placeHolder, value = '', validateInput = () => null }: Line,
): Promise<string | undefined> => {
  const box = vscode.window.createInputBox();
  box.title = title;
  box.prompt = prompt;
  box.placeholder = placeHolder;
  box.ignoreFocusOut = true;
  box.value = typed.get(name) ?? value;
  const faultOf = (text: string): boolean => {
    const found = validateInput(text);
    box.validationMessage = found ?? undefined;
    return typeof found === 'string' || found?.severity === vscode.InputBoxValidationSeverity.Error;
  };
  if (box.value !== '') faultOf(box.value);
  box.onDidChangeValue((text) => {
    typed.keep(name, text);
    faultOf(text);
  });
  return untilHidden(box, (end) => {
    box.onDidAccept(() => {
      if (faultOf(box.value)) return;
      // Whoever asks has it from here on.
      typed.keep(name, null);
      end(box.value);
    });
  });
};
