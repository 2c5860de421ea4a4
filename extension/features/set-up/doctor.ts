import * as vscode from 'vscode';
import { examine, type Check } from '../../ground/connection/examine.ts';
import type { Longhaul } from '../../ground/longhaul.ts';

const icons = { ok: '$(pass)', warn: '$(warning)', fail: '$(error)' } as const satisfies Record<
  Check['outcome'],
  string
>;
const order = ['fail', 'warn', 'ok'] as const satisfies readonly Check['outcome'][];

/** Shows each check, the bad ones first; choosing one copies its remedy. */
export const doctor = async ({ extension, log }: Longhaul): Promise<void> => {
  const checks = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: 'Longhaul: examining this machine' },
    () => examine(extension),
  );
  for (const { name, outcome, detail, remedy } of checks)
    log.info(`doctor: ${outcome} ${name}: ${detail} ${remedy ?? ''}`);
  const bad = checks.filter(({ outcome }) => outcome !== 'ok').length;
  const rows = order
    .flatMap((outcome) => checks.filter((check) => check.outcome === outcome))
    .map(({ name, outcome, detail, remedy }) => ({
      label: `${icons[outcome]} ${name}`,
      description: detail,
      ...(remedy ? { detail: remedy } : {}),
      remedy,
    }));
  const chosen = await vscode.window.showQuickPick(rows, {
    title: bad === 0 ? 'Longhaul: Doctor — all is well' : `Longhaul: Doctor — ${bad} to look at`,
    placeHolder: 'Choose a line to copy its remedy',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (chosen?.remedy) await vscode.env.clipboard.writeText(chosen.remedy);
};
