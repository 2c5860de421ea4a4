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
import { chosenOf, goesOn, nothingSaid, type Choices } from './choices.ts';
import { nameOf, tellEnd } from '../../ground/publication/end.ts';
import { publishOutput } from './output.ts';
import { PullRequestTexts } from './pull-request-text.ts';

/** What a person has said about pull requests that there are not yet: it is there again when they come back. */
interface Writing {
  readonly texts: PullRequestTexts;
  readonly said: Map<string, Choices>;
}

/** Publishing a result: as a branch, and as a pull request where the remote has any. */
export const registerPublish = (longhaul: Longhaul): vscode.Disposable => {
  const texts = new PullRequestTexts();
  const writing = { texts, said: new Map<string, Choices>() };
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
  const round = roundOf(run);
  const title = t('Longhaul: looking at what there is where it would go…');
  const propose = async ({ branch, into }: Pick<Choices, 'branch' | 'into'>): Promise<PublishInput> =>
    vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () =>
      api.runs.publication.query({ run: run.id, branch, into }),
    );
  let choices = said.get(round) ?? nothingSaid;
  // Where it cannot go any more is not asked about for ever.
  said.set(round, { ...choices, branch: null, into: null });
  let proposed = await propose(choices);
  said.set(round, choices);
  if (proposed.pullRequest !== null)
    await texts.show(run, { text: proposed.pullRequest.body, goesOn: goesOn(proposed, run) });
  for (;;) {
    const answer = await askPublication({ title: nameOf(run), proposed, choices, goesOn: goesOn(proposed, run) });
    switch (answer?.kind) {
      case undefined:
      case 'text':
        return null;
      case 'publish':
        return withText(chosenOf(proposed, choices), texts.textOf(run));
      case 'otherwise':
        ({ choices } = answer);
        break;
      case 'elsewhere':
        proposed = await propose(answer.where);
        choices = { ...choices, ...answer.where };
    }
    said.set(round, choices);
  }
};

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
