// oxlint-disable-next-line import/no-unassigned-import -- the language, before any text is made
import './language.ts';
import * as vscode from 'vscode';
import type { Participant } from './features/chat/participant.ts';
import type { Longhaul } from './ground/longhaul.ts';
import { openDoors } from './doors.ts';
import type { Parts } from './parts.ts';
import { openRunsKey } from './features/runs/open-runs-key.ts';

/** What tests inside of the extension host look at; other extensions have no business with a person's runner. */
export interface TestAccess {
  /** Whether anything but the doors is loaded. */
  readonly loaded: () => boolean;
  readonly longhaul: () => Promise<Longhaul>;
  /** A workbench without a chat model has no way to it. */
  readonly participant: () => Promise<Participant>;
}

/**
 * Opens the doors and nothing behind them: no I/O, and no code that the window may never need. With runs that are not over, which a
 * person was told to expect news of, the rest is loaded as soon as this has returned.
 */
export const activate = (extension: vscode.ExtensionContext): TestAccess | undefined => {
  let parts: Promise<Parts> | null = null;
  const load = (): Promise<Parts> =>
    (parts ??= import('./parts.ts').then(({ openParts }) => {
      doors.close();
      const opened = openParts(extension);
      extension.subscriptions.push(opened);
      return opened;
    }));
  const doors = openDoors(extension, load);
  extension.subscriptions.push(doors.stay);
  if (extension.globalState.get<boolean>(openRunsKey) === true)
    setImmediate(() => void load().then(({ longhaul }) => longhaul.runs.all()));
  return extension.extensionMode === vscode.ExtensionMode.Test
    ? {
        loaded: () => parts !== null,
        longhaul: async () => (await load()).longhaul,
        participant: async () => (await load()).participant,
      }
    : undefined;
};
