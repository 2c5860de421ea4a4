import * as vscode from 'vscode';
import { z } from 'zod';

/** What a person has typed into boxes that they left before Enter, by what each asks. */
export interface Typed {
  get(box: string): string | undefined;
  keep(box: string, text: string): void;
}

const Kept = z.record(z.string(), z.string());

/** Kept in a window's state under a key, over reloads, until it is forgotten. */
export const typedIn = (state: vscode.Memento, key: string): Typed & { forget(): void } => {
  let kept: Readonly<Record<string, string>> = Kept.safeParse(state.get(key)).data ?? {};
  return {
    get: (box) => kept[box],
    keep: (box, text) => {
      if (kept[box] === text) return;
      kept = { ...kept, [box]: text };
      void state.update(key, kept);
    },
    forget: () => {
      kept = {};
      void state.update(key, undefined);
    },
  };
};

/** A box that shows what stood in it when it was left, and loses nothing when it is. Undefined: left. */
export const typedLine = (typed: Typed, box: string, options: vscode.InputBoxOptions): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    ignoreFocusOut: true,
    ...options,
    value: typed.get(box) ?? options.value ?? '',
    // Called at each change.
    validateInput: (text) => {
      typed.keep(box, text);
      return options.validateInput?.(text) ?? null;
    },
  });
