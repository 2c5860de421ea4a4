import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { effectsOfRound, isBeside, nextEffect, placeOf, type EffectState } from '../../../shared/run/effect.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { cleanLine, visible } from '../../../shared/text/clean.ts';
import { askedToPublish } from '../../../shared/run/publish-decision.ts';
import type { Longhaul } from '../longhaul.ts';
import { doing, offer } from '../problem/offer.ts';

/** A run as those dialogs call it. */
export const nameOf = ({ number, task }: RunSummary): string => visible(`#${number} ${task.title}`);

/** What of the last round is published, or stands in the way; null: it is under way. */
const endOf = (run: RunSummary): EffectState | null => {
  if (nextEffect(run) !== null) return null;
  const effects = effectsOfRound(run);
  const failed = effects.find(({ status }) => status === 'failed');
  return failed ?? effects.findLast(({ effect }) => !isBeside(effect)) ?? null;
};

/** Says what came of it, once that is known; or that somebody is asked first. */
export const tellEnd = async ({ runs }: Longhaul, id: string): Promise<void> => {
  const now = runs.get(id);
  const asked = now && askedToPublish(now);
  if (now !== undefined && asked !== undefined) {
    const open = doing('longhaul.openDecision', { run: id, decision: asked.request.id });
    const said = t('{0}: somebody with the role approver is asked first. It waits in Needs You.', nameOf(now));
    void offer(vscode.window.showInformationMessage, said, { [t('See What Is Asked')]: open });
    return;
  }
  const location = vscode.ProgressLocation.Notification;
  const ended = await vscode.window.withProgress(
    { location, title: t('Longhaul: publishing…'), cancellable: true },
    (progress, noLonger) =>
      new Promise<RunSummary | undefined>((resolve) => {
        const end = (run: RunSummary | undefined): void => {
          listening.dispose();
          resolve(run);
        };
        const look = (): void => {
          const run = runs.get(id);
          if (run === undefined || endOf(run) !== null) return end(run);
          const said = nextEffect(run)?.said;
          if (said != null) progress.report({ message: t('tried again: {0}', cleanLine(said)) });
        };
        const listening = vscode.Disposable.from(
          runs.onDidChange(look),
          // It goes on; its row says what comes of it.
          noLonger.onCancellationRequested(() => end(undefined)),
        );
        look();
      }),
  );
  const end = ended === undefined ? null : endOf(ended);
  if (ended === undefined || end === null) return;
  const open = { [t('Open Run')]: doing('longhaul.openRun', { run: id }) };
  if (end.status === 'failed') {
    const said = `${t('{0} was not published: {1}', nameOf(ended), cleanLine(end.said))} ${cleanLine(end.remedy)}`;
    void offer(vscode.window.showErrorMessage, said, open);
    return;
  }
  if (end.status !== 'done') return;
  const { reference, url } = end.result;
  const told =
    end.effect.kind === 'pull request'
      ? t('{0} is pull request {1}.', nameOf(ended), reference)
      : end.effect.kind === 'branch'
        ? t('{0} is published as the branch {1}.', nameOf(ended), cleanLine(placeOf(end.effect)))
        : t('{0} is published: {1}.', nameOf(ended), cleanLine(placeOf(end.effect)));
  const look = url === null ? {} : { [t('Look at It')]: () => vscode.env.openExternal(vscode.Uri.parse(url, true)) };
  void offer(vscode.window.showInformationMessage, told, { ...look, ...open });
};
