import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { doing, offer } from './offer.ts';

type Commands = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** What Restricted Mode leaves, in words. */
export const restricted = t(
  'Restricted Mode: runs can be read, rejected and cancelled. To delegate, approve or apply, trust the workspace.',
);

/**
 * Commands that let an agent do something, or write into the workspace. In Restricted Mode they say that, with the way to trust it: a repository
 * may bring settings that agents follow, and results are files that somebody will run.
 */
export const whereTrusted = (commands: Commands): Commands =>
  Object.fromEntries(
    Object.entries(commands).map(([id, run]) => [
      id,
      (...args: readonly unknown[]) => (vscode.workspace.isTrusted ? run(...args) : askForTrust()),
    ]),
  );

const askForTrust = (): Promise<void> =>
  offer(vscode.window.showErrorMessage, restricted, {
    [t('Manage Workspace Trust')]: doing('workbench.trust.manage'),
  });
