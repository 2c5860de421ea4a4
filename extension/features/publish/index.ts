import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PublishInput } from '../../../shared/api/publication.ts';
import { isPublishable } from '../../../shared/run/effect.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { change } from '../../ground/ask/change.ts';
import { runFor } from '../../ground/ask/pick.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { canBeSaid } from '../../ground/runs/row-context.ts';
import { askPublication } from './ask-publication.ts';
import { nameOf, tellEnd } from '../../ground/publication/end.ts';
import { publishOutput } from './output.ts';
import { PullRequestTexts } from './pull-request-text.ts';

/** What a person has said about pull requests that there are not yet: it is there again when they come back. */
interface Writing {
  readonly texts: PullRequestTexts;
  readonly said: Map<string, Said>;
}
type Said = Pick<
  NonNullable<PublishInput['pullRequest']>,
  'title' | 'draft' | 'ciRepairs' | 'comment' | 'replies' | 'check'
>;

/** Publishing a result: as a branch, and as a pull request where the remote has any. */
export const registerPublish = (longhaul: Longhaul): vscode.Disposable => {
  const texts = new PullRequestTexts();
  const writing = { texts, said: new Map<string, Said>() };
  return vscode.Disposable.from(
    texts,
    registerCommands({
      'longhaul.createPullRequest': (run) => createPullRequest(longhaul, writing, run),
      'longhaul.publish': (run) => publish(longhaul, run),
    }),
  );
};

const createPullRequest = async (longhaul: Longhaul, writing: Writing, argument: unknown): Promise<void> => {
  const run = await runFor(longhaul, argument, {
    title: t('Publish the result of which run?'),
    none: t('No run has a result that could be published.'),
    among: (states) => states.filter(isPublishable),
  });
  if (run === undefined) return;
  if (run.output !== null) return publishOutput(longhaul, run);
  const wanted = await wantedOf(longhaul, writing, run);
  if (wanted === null || !(await isMeant(run, wanted))) return;
  await change(longhaul, run.id, (api) => api.runs.publish.mutate(wanted));
  writing.said.delete(roundOf(run));
  await writing.texts.close(run);
  await tellEnd(longhaul, run.id);
};

/** Of a result that is no change of files: a comment, labels, an issue, the draft of a release. */
const publish = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const run = await runFor(longhaul, argument, {
    title: t('Publish what was written in which run?'),
    none: t('No run has written something that could be published.'),
    among: (states) => states.filter((state) => isPublishable(state) && canBeSaid(state)),
  });
  if (run !== undefined) await publishOutput(longhaul, run);
};

/** What was said of one round is not meant for the next. */
const roundOf = ({ id, round }: RunSummary): string => `${id} ${round}`;

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

const saidIn = ({ title, draft, ciRepairs, comment, replies, check }: Said): Said => ({
  title,
  draft,
  ciRepairs,
  comment,
  replies,
  check,
});

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
