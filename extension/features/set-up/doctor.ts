import * as vscode from 'vscode';
import { examine, type Check } from '../../ground/connection/examine.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { waysOut, type WayOut } from './ways-out.ts';

const icons = { ok: '$(pass)', warn: '$(warning)', fail: '$(error)' } as const satisfies Record<
  Check['outcome'],
  string
>;
const order = ['fail', 'warn', 'ok'] as const satisfies readonly Check['outcome'][];

const take = async (way: WayOut): Promise<void> => {
  switch (way.kind) {
    case 'command':
      return void (await vscode.commands.executeCommand(way.command, ...way.args));
    case 'terminal': {
      const terminal = vscode.window.createTerminal('Longhaul: Doctor');
      terminal.show();
      return terminal.sendText(way.text, false);
    }
    case 'link':
      return void (await vscode.env.openExternal(vscode.Uri.parse(way.url)));
    case 'copy':
      return vscode.env.clipboard.writeText(way.text);
  }
};

/** The one way there is, or the one that the person chooses. */
const chosenWay = async (name: string, ways: readonly WayOut[]): Promise<WayOut | undefined> => {
  if (ways.length < 2) return ways[0];
  const items = ways.map((way) => ({ label: way.title, way }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: `Longhaul: Doctor — ${name}`,
    placeHolder: 'Choose what to do about it',
    ignoreFocusOut: true,
  });
  return chosen?.way;
};

/** Shows each check, the bad ones first; choosing one offers what the editor can do about it. */
export const doctor = async ({ extension, log }: Longhaul): Promise<void> => {
  const checks = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: 'Longhaul: examining this machine' },
    () => examine(extension),
  );
  for (const { name, outcome, detail, remedy } of checks) log.info(`doctor: ${outcome} ${name}: ${detail} ${remedy}`);
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
    title: bad === 0 ? 'Longhaul: Doctor — all is well' : `Longhaul: Doctor — ${bad} to look at`,
    placeHolder: bad === 0 ? 'Nothing is left to do' : 'Choose a line to do something about it',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined) return;
  const way = await chosenWay(chosen.check.name, waysOut(chosen.check));
  if (way !== undefined) await take(way);
};
