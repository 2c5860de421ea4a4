import * as vscode from 'vscode';
import { readSettings } from '../../ground/connection/settings.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { offer } from '../../ground/problem/offer.ts';
import { showProblem } from '../../ground/problem/problem.ts';
import { elsewhere } from '../../ground/ways-out/platform.ts';
import { take } from '../../ground/ways-out/take.ts';

const told = 'longhaul.platformTold';

/** On a system that agents cannot work on, says once what works from there, when Longhaul is first used. */
export const registerPlatformNotice = ({ extension }: Longhaul): vscode.Disposable => {
  const other = elsewhere(process.platform);
  if (other !== null && readSettings().url === '' && extension.globalState.get(told) !== true) {
    const deeds = Object.fromEntries(other.ways.map((way) => [way.title, () => take(way)]));
    offer(vscode.window.showInformationMessage, other.text, deeds).catch(showProblem);
    void extension.globalState.update(told, true);
  }
  return new vscode.Disposable(() => {});
};
