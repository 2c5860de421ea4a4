import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PublishOutputInput } from '../../../shared/api/output-publication.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import { change } from '../../ground/ask/change.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { nameOf, tellEnd } from '../../ground/publication/end.ts';

/** Characters of a text that a dialog has room for; the page of the run has all of it. */
const dialogCharacters = 2_000;

/** Publishes a result that is no diff, once the person has seen what would be said, and where. */
export const publishOutput = async (longhaul: Longhaul, run: RunSummary): Promise<void> => {
  const api = await longhaul.connection.api();
  const location = vscode.ProgressLocation.Notification;
  const title = t('Longhaul: looking at what there is where it would go…');
  const wanted = await vscode.window.withProgress({ location, title }, () =>
    api.runs.outputPublication.query({ run: run.id, remote: null }),
  );
  const { headline, text } = outputText(wanted);
  const hidden = text.length > dialogCharacters ? `\n\n${t('… The page of the run has all of it.')}` : '';
  const secrets = wanted.secrets.map(cleanLine);
  const look = t('Open Run');
  const publish = secrets.length === 0 ? t('Publish') : t('Publish All the Same');
  const chosen = await vscode.window.showWarningMessage(
    t('{0} (round {1}): {2}', nameOf(run), wanted.round, headline),
    {
      modal: true,
      detail: [
        ...(secrets.length === 0 ? [] : [t('It has what looks like a secret:\n{0}', secrets.join('\n'))]),
        `${text.slice(0, dialogCharacters)}${hidden}`,
        t('The run is accepted with it.'),
      ].join('\n\n'),
    },
    // The first is what Enter does.
    look,
    publish,
  );
  if (chosen === look) return vscode.commands.executeCommand('longhaul.openRun', { run: run.id });
  if (chosen !== publish) return;
  await change(longhaul, run.id, (to) => to.runs.publishOutput.mutate(wanted));
  await tellEnd(longhaul, run.id);
};

const outputText = ({ remote, what }: PublishOutputInput): { readonly headline: string; readonly text: string } => {
  const where = cleanLine(remote);
  switch (what.kind) {
    case 'answer':
      return { headline: t('comment on {0} {1} of {2}?', what.on.kind, what.on.number, where), text: clean(what.body) };
    case 'labels':
      return {
        headline: t('label {0} {1} of {2}?', what.on.kind, what.on.number, where),
        text: what.labels.map(cleanLine).join('\n'),
      };
    case 'issue':
      return { headline: t('open an issue in {0}?', where), text: clean(`${what.title}\n\n${what.body}`) };
    case 'release':
      return {
        headline: t('draft the release {0} in {1}?', cleanLine(what.tag), where),
        text: clean(`${what.title}\n\n${what.body}`),
      };
  }
};
