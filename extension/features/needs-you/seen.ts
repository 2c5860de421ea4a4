import { t } from '@vscode/l10n';
import type * as vscode from 'vscode';
import { pickRun } from '../../ground/ask/pick.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { runArgument } from '../../ground/runs/argument.ts';

/** What takes ends out of *Needs You* without a look at their pages. */
export const registerSeen = (longhaul: Longhaul): vscode.Disposable =>
  registerCommands({
    'longhaul.markSeen': async (argument) => {
      const run = runArgument(argument) ?? (await pickUnseen(longhaul))?.id;
      if (run !== undefined) longhaul.unseen.see(run);
    },
    'longhaul.markAllSeen': () => longhaul.unseen.seeAll(),
  });

const pickUnseen = (longhaul: Longhaul) =>
  pickRun(longhaul, {
    title: t('Longhaul: Mark as Seen'),
    none: t('There is no end that nobody has seen.'),
    among: () => longhaul.unseen.all(),
  });
