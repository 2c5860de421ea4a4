import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PublishInput } from '../../../shared/api/publication.ts';
import { effectsOfRound, isPublishable, nextEffect, placeOf, type EffectState } from '../../../shared/run/effect.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { cleanLine, visible } from '../../../shared/text/clean.ts';
import { change } from '../../ground/ask/change.ts';
import { runFor } from '../../ground/ask/pick.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { doing, offer } from '../../ground/problem/offer.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { askPublication } from './ask-publication.ts';
import { PullRequestTexts } from './pull-request-text.ts';

/** What a person has said about pull requests that there are not yet: it is there again when they come back. */
interface Writing {
  readonly texts: PullRequestTexts;
  readonly said: Map<string, Said>;
}
type Said = Pick<NonNullable<PublishInput['pullRequest']>, 'title' | 'draft' | 'ciRepairs' | 'comment'>;

/** Publishing a result: as a branch, and as a pull request where the remote has any. */
export const registerPublish = (longhaul: Longhaul): vscode.Disposable => {
  const texts = new PullRequestTexts();
  const writing = { texts, said: new Map<string, Said>() };
  return vscode.Disposable.from(
    texts,
    registerCommands({ 'longhaul.createPullRequest': (run) => createPullRequest(longhaul, writing, run) }),
  );
};

const createPullRequest = async (longhaul: Longhaul, writing: Writing, argument: unknown): Promise<void> => {
  const run = await runFor(longhaul, argument, {
    title: t('Publish the result of which run?'),
    none: t('No run has a result that could be published.'),
    among: (states) => states.filter(isPublishable),
  });
  if (run === undefined) return;
  const wanted = await wantedOf(longhaul, writing, run);
  if (wanted === null || !(await isMeant(run, wanted))) return;
  await change(longhaul, run.id, (api) => api.runs.publish.mutate(wanted));
  writing.said.delete(roundOf(run));
  await writing.texts.close(run);
  await tellEnd(longhaul, run.id);
};

/** What was said of one round is not meant for the next. */
const roundOf = ({ id, round }: RunSummary): string => `${id} ${round}`;

const nameOf = ({ number, task }: RunSummary): string => visible(`#${number} ${task.title}`);

/** All that is to be published, as the person has said it. Null: they turned back, or write the text first. */
const wantedOf = async (
  { connection }: Longhaul,
  { texts, said }: Writing,
  run: RunSummary,
): Promise<PublishInput | null> => {
  const api = await connection.api();
  const proposed = async (where: { readonly branch?: string; readonly into?: string | null }) => {
    const location = vscode.ProgressLocation.Notification;
    const title = t('Longhaul: looking at what there is where it would go…');
    const { pullRequest, ...there } = await vscode.window.withProgress({ location, title }, () =>
      api.runs.publication.query({ run: run.id, ...where }),
    );
    return { ...there, pullRequest: pullRequest && { ...pullRequest, ...said.get(roundOf(run)) } };
  };
  let wanted = await proposed({});
  if (wanted.pullRequest !== null) await texts.show(run, wanted.pullRequest.body);
  for (;;) {
    const answer = await askPublication(nameOf(run), wanted);
    switch (answer?.kind) {
      case undefined:
      case 'text':
        return null;
      case 'publish':
        return withText(wanted, texts.textOf(run));
      case 'otherwise':
        ({ wanted } = answer);
        if (wanted.pullRequest !== null) said.set(roundOf(run), saidIn(wanted.pullRequest));
        break;
      case 'elsewhere':
        wanted = await proposed(answer.where);
    }
  }
};

const saidIn = ({ title, draft, ciRepairs, comment }: Said): Said => ({ title, draft, ciRepairs, comment });

const withText = (wanted: PublishInput, text: string | null): PublishInput =>
  wanted.pullRequest === null || text === null
    ? wanted
    : { ...wanted, pullRequest: { ...wanted.pullRequest, body: text } };

/** What looks like a secret wants a word of its own. */
const isMeant = async (run: RunSummary, { secrets }: PublishInput): Promise<boolean> => {
  if (secrets.length === 0) return true;
  const all = t('Publish All the Same');
  const chosen = await vscode.window.showWarningMessage(
    t('{0}: what would be published has what looks like a secret.', nameOf(run)),
    { modal: true, detail: secrets.map(cleanLine).join('\n') },
    all,
  );
  return chosen === all;
};

/** What of the last round is published, or stands in the way; null: it is under way. */
const endOf = (run: RunSummary): EffectState | null => {
  if (nextEffect(run) !== null) return null;
  const effects = effectsOfRound(run);
  const failed = effects.find(({ status }) => status === 'failed');
  return failed ?? effects.findLast(({ effect }) => effect.kind !== 'comment') ?? null;
};

/** Says what came of it, once that is known. */
const tellEnd = async ({ runs }: Longhaul, id: string): Promise<void> => {
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
      : t('{0} is published as the branch {1}.', nameOf(ended), cleanLine(placeOf(end.effect)));
  const look = url === null ? {} : { [t('Look at It')]: () => vscode.env.openExternal(vscode.Uri.parse(url, true)) };
  void offer(vscode.window.showInformationMessage, told, { ...look, ...open });
};
