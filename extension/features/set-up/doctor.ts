import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { achieved } from '../../ground/achieved.ts';
import { examine, type Check } from '../../ground/connection/examine.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { waysFor } from '../../ground/delegation/ready.ts';
import { chosenWay, take } from '../../ground/ways-out/take.ts';

const icons = { ok: '$(pass)', warn: '$(warning)', fail: '$(error)' } as const satisfies Record<
  Check['outcome'],
  string
>;
const order = ['fail', 'warn', 'ok'] as const satisfies readonly Check['outcome'][];

/** Shows each check, the bad ones first; choosing one offers what the editor can do about it. */
export const doctor = async ({ extension, log }: Longhaul): Promise<void> => {
  const checks = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: t('Longhaul: examining this machine') },
    () => examine(extension),
  );
  for (const { name, outcome, detail, remedy } of checks) log.info(`doctor: ${outcome} ${name}: ${detail} ${remedy}`);
  await achieved(extension, 'check');
  const bad = checks.filter(({ outcome }) => outcome !== 'ok').length;
  const rows = order
    .flatMap((outcome) => checks.filter((check) => check.outcome === outcome))
    .map((check) => ({
      label: `${icons[check.outcome]} ${check.name}`,
      description: check.detail,
      ...(check.remedy === '' ? {} : { detail: check.remedy }),
      check,
    }));
  const chosen = await vscode.window.showQuickPick(rows, {
    title: bad === 0 ? t('Longhaul: Doctor — all is well') : t('Longhaul: Doctor — {0} to look at', bad),
    placeHolder: bad === 0 ? t('Nothing is left to do') : t('Choose a line to do something about it'),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined) return;
  const way = await chosenWay(chosen.check.name, waysFor(chosen.check));
  if (way !== undefined) await take(way);
};
