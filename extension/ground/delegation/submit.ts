import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { z } from 'zod';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import { RunId } from '../../../shared/ids.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { achieved } from '../achieved.ts';
import { ensureModelKey } from '../model-key/model-key.ts';
import { ConnectionError } from '../problem/connection-error.ts';
import type { Longhaul } from '../longhaul.ts';
import { delegationInput, type Delegation } from './choices.ts';
import { mustBeReady } from './ready.ts';
import { withTrust } from './trust.ts';
import { uploadImages } from './upload-images.ts';

/**
 * Hands a task over to the runner. Editors are saved first, since only what is on the disk goes along. With one
 * `session`, delegating the same twice, because an answer got lost, makes one run. What a run would fail for is said before. Throws what
 * the API throws, and ConnectionError.
 */
export const submit = async (
  longhaul: Longhaul,
  delegation: Delegation,
  session: string = randomUUID(),
): Promise<RunState> => {
  const run = await handOver(longhaul, delegation, session);
  await achieved(longhaul.extension, 'delegate');
  return run;
};

const handOver = async (longhaul: Longhaul, delegation: Delegation, session: string): Promise<RunState> => {
  const { repository, choices } = delegation;
  if (choices.base === 'worktree') await saveAll(repository);
  await longhaul.connection.api();
  const images = await uploadImages(longhaul.connection, choices.images);
  const input = { ...delegationInput(delegation), images };
  const dedupeKey = createHash('sha256')
    .update(session + JSON.stringify(input))
    .digest('hex');
  const { state } = longhaul.connection;
  if (state.status === 'connected' && !state.local)
    return withTrust((trust) => submitElsewhere(longhaul, state.url, { ...input, trust, dedupeKey }));
  if (!(await ensureModelKey(longhaul)))
    throw new ConnectionError(
      'refused',
      t('Nothing was delegated: agents need a model, and there is no key for it.'),
      t('Set it with the command "Longhaul: Set Model Key", or name an endpoint that needs none in longhaul.baseUrl.'),
    );
  await mustBeReady(longhaul);
  // Asked for only now: a key that was just given started the runner anew.
  const api = await longhaul.connection.api();
  const run = await withTrust((trust) => api.runs.delegate.mutate({ ...input, trust, dedupeKey }));
  longhaul.runs.learn(run);
  return run;
};

/** The tree goes along as an upload. */
const submitElsewhere = async (longhaul: Longhaul, url: string, input: DelegateInput): Promise<RunState> => {
  const { runCommand } = await import('../connection/elsewhere.ts');
  const answer = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Delegating') },
    (progress) =>
      runCommand(longhaul.extension, url, {
        words: ['delegate', '--from-json'],
        input,
        tell: (line) => {
          longhaul.log.info(line);
          progress.report({ message: line });
        },
      }),
  );
  const { run } = Delegated.parse(answer);
  const api = await longhaul.connection.api();
  const delegated = await api.runs.get.query({ run: run.id });
  longhaul.runs.learn(delegated);
  return delegated;
};

const Delegated = z.object({ run: z.object({ id: RunId }) });

/** Editors of files in a repository that are not saved. */
export const unsavedIn = (root: string): readonly vscode.TextDocument[] =>
  vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) => isDirty && uri.scheme === 'file' && !path.relative(root, uri.fsPath).startsWith('..'),
  );

const saveAll = async (root: string): Promise<void> => {
  const saved = await Promise.all(unsavedIn(root).map(async (document) => ({ document, ok: await document.save() })));
  const left = saved.filter(({ ok }) => !ok).map(({ document }) => path.basename(document.fileName));
  if (left.length > 0)
    void vscode.window.showWarningMessage(
      t('Not saved, so the agent gets the version on the disk: {0}.', left.join(', ')),
    );
};
