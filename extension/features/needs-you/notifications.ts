import { createHash } from 'node:crypto';
import { mkdir, open, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { doing, offer } from '../../ground/problem/offer.ts';
import { forgetOld } from './notified.ts';
import { needsOf } from './needs.ts';
import { noticesOf, type Notice } from './notices.ts';

/** Says once that a run needs a person or has ended by itself: once for all windows of this machine, and for those that are opened later. */
export const registerNotifications = (longhaul: Longhaul): vscode.Disposable => {
  const { runs, extension, connection, log } = longhaul;
  const looked = new Set<string>();
  const folder = vscode.Uri.joinPath(extension.globalStorageUri, 'notified').fsPath;

  const show = async (notice: Notice): Promise<void> => {
    const tell = notice.kind === 'trouble' ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    const deeds = notice.actions.map(({ title, command, argument }) => [title, doing(command, argument)]);
    await offer(tell, notice.text, Object.fromEntries(deeds));
  };

  const tell = async (notices: readonly Notice[]): Promise<void> => {
    const claims = await Promise.all(notices.map(({ key }) => claim(folder, key)));
    const ours = notices.filter((_, index) => claims[index] === true);
    if (ours.length === 0 || !vscode.workspace.getConfiguration('longhaul').get<boolean>('notifications', true)) return;
    const shown = ours.length <= mostAtOnce ? ours : [summaryOf(ours.length)];
    await Promise.all(shown.map(show));
  };

  const look = (): void => {
    if (connection.state.status !== 'connected') return;
    const notices = noticesOf(needsOf(longhaul));
    const current = new Set(notices.map(({ key }) => key));
    for (const key of looked) if (!current.has(key)) looked.delete(key);
    const fresh = notices.filter(({ key }) => !looked.has(key));
    if (fresh.length === 0) return;
    for (const { key } of fresh) looked.add(key);
    tell(fresh).catch((error: unknown) => log.warn(`notification: ${String(error)}`));
  };
  forgetOld(folder, Date.now()).catch((error: unknown) => log.warn(`notifications of old: ${String(error)}`));
  return runs.onDidChange(look);
};

const fileOf = (folder: string, key: string): string =>
  join(folder, createHash('sha256').update(key).digest('hex').slice(0, 32));

/**
 * Is it this window's to tell? An empty file per notice, which one window alone can create: two that see the same event
 * in the same millisecond do not both tell it, and the next start knows too.
 */
const claim = async (folder: string, key: string): Promise<boolean> => {
  await mkdir(folder, { recursive: true });
  try {
    const file = await open(fileOf(folder, key), 'wx');
    await file.close();
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    // It is still of use: what waits for a person is looked at by each window that opens.
    const now = new Date();
    await utimes(fileOf(folder, key), now, now).catch(() => {});
    return false;
  }
};

/** More than these would only be closed unread. */
const mostAtOnce = 3;

const summaryOf = (count: number): Notice => ({
  key: '',
  kind: 'news',
  text: t('{0} things are new in Longhaul.', count),
  actions: [{ title: t('Show'), command: 'longhaul.focusNeedsYou', argument: undefined }],
});
