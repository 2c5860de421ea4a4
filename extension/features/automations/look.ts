import { existsSync } from 'node:fs';
import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { cleanLine } from '../../../shared/text/clean.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { doing, offer, say } from '../../ground/problem/offer.ts';
import { triggerFile } from '../../ground/repository/trigger-files.ts';
import { webAddress } from '../../ground/repository/web-address.ts';
import type { Automations } from './automations.ts';
import { knownIn } from './known-in.ts';
import { automationFor } from './choose.ts';
import { firingRow } from './row.ts';

const title = t('Longhaul: Which Automation?');
const none = t('There is no automation.');

/** Opens its file: as it lies in an open folder, or where it lies. */
export const openDefinition = async (
  { connection }: Pick<Longhaul, 'connection'>,
  automations: Automations,
  argument: unknown,
): Promise<void> => {
  const chosen = await automationFor(automations, argument, { title, none, among: () => true });
  if (chosen === undefined) return;
  const { name, repository } = chosen;
  const { state } = connection;
  // A folder of this machine need not be open.
  const isHere = state.status === 'connected' && state.local && path.isAbsolute(repository);
  const file = chosen.file ?? (isHere ? triggerFile(repository, name) : null);
  if (file !== null && existsSync(file)) {
    await vscode.window.showTextDocument(vscode.Uri.file(file));
    return;
  }
  const within = `.longhaul/triggers/${name}.yaml`;
  const address = repository.includes('://') ? webAddress(repository) : null;
  await offer(
    vscode.window.showInformationMessage,
    t('No open folder has {0} of {1} in its working tree.', cleanLine(within), cleanLine(repository)),
    address === null
      ? {}
      : {
          [t('Open in Browser')]: doing(
            'vscode.open',
            vscode.Uri.parse(`${address}/blob/HEAD/.longhaul/triggers/${encodeURIComponent(name)}.yaml`),
          ),
        },
  );
};

/** Lists what came of one lately; what is chosen is opened. */
export const showFirings = async (longhaul: Longhaul, automations: Automations, argument: unknown): Promise<void> => {
  const chosen = await automationFor(automations, argument, { title, none, among: ({ listed }) => listed !== null });
  if (chosen === undefined) return;
  const api = await longhaul.connection.api();
  const { firings } = await api.triggers.show.query({ repository: chosen.repository, name: chosen.name });
  if (firings.length === 0) return say(t('Nothing has come of {0} within 30 days.', cleanLine(chosen.name)));
  const rows = firings.map((firing) => {
    const { label, description, facts } = firingRow(firing, { knownOf: knownIn(longhaul.runs) });
    return { label, description, detail: cleanLine(facts[t('Why')] ?? ''), run: firing.run?.run };
  });
  const picked = await vscode.window.showQuickPick(rows, {
    title: t('Firings of {0}', cleanLine(chosen.name)),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked?.run !== undefined) await vscode.commands.executeCommand('longhaul.openRun', { run: picked.run });
};
