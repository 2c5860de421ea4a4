import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { WayOut } from './ways-out.ts';

/** Goes a way out: what it opens is there when this is done, or the person is asked for more there. */
export const take = async (way: WayOut): Promise<void> => {
  switch (way.kind) {
    case 'command':
      return void (await vscode.commands.executeCommand(way.command, ...way.args));
    case 'extension': {
      if (vscode.extensions.getExtension(way.extension) === undefined)
        return void (await vscode.commands.executeCommand('workbench.extensions.search', `@id:${way.extension}`));
      return void (await vscode.commands.executeCommand(way.command));
    }
    case 'terminal': {
      const terminal = vscode.window.createTerminal(t('Longhaul: Doctor'));
      terminal.show();
      return terminal.sendText(way.text, false);
    }
    case 'link':
      return void (await vscode.env.openExternal(vscode.Uri.parse(way.url)));
    case 'copy':
      return vscode.env.clipboard.writeText(way.text);
  }
};

/** Whether a person has something to do where it leads, so that what they were asked is in the way there. */
export const leadsAway = ({ kind }: WayOut): boolean => kind === 'terminal' || kind === 'link' || kind === 'extension';

/** The one way there is, or the one that the person chooses. `about`: what is in the way. */
export const chosenWay = async (about: string, ways: readonly WayOut[]): Promise<WayOut | undefined> => {
  if (ways.length < 2) return ways[0];
  const items = ways.map((way) => ({ label: way.title, way }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Longhaul: Doctor — {0}', about),
    placeHolder: t('Choose what to do about it'),
    ignoreFocusOut: true,
  });
  return chosen?.way;
};
