import * as vscode from 'vscode';

/** `showInformationMessage` and its like. */
type Tell = (text: string, ...titles: readonly string[]) => Thenable<string | undefined>;

/** What can be done about something, by the titles of its buttons. */
export type Deeds = Readonly<Record<string, () => unknown>>;

/** Says something, with a button for each deed. Resolves when the chosen one is done; at once, if the person chose none. */
export const offer = async (tell: Tell, text: string, deeds: Deeds): Promise<void> => {
  const chosen = await tell(text, ...Object.keys(deeds));
  if (chosen !== undefined) await deeds[chosen]?.();
};

/** The deed that is a command. */
export const doing =
  (command: string, ...args: readonly unknown[]): Deeds[string] =>
  () =>
    vscode.commands.executeCommand(command, ...args);

/** Says something, and waits for nobody. */
export const say = (text: string): void => void vscode.window.showInformationMessage(text);
