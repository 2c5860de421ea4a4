import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { isPausable, isResumable, isTerminal, pausedBy } from '../../../shared/run/state.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { whereTrusted } from '../../ground/problem/where-trusted.ts';
import { runArgument } from '../../ground/runs/argument.ts';
import { change } from '../../ground/ask/change.ts';
import { runFor, type RunChoice } from '../../ground/ask/pick.ts';
import { namedRun } from '../../ground/text/text.ts';

const title = t('Longhaul: Which Run?');

const underWay: RunChoice = {
  title,
  none: t('No run is under way.'),
  among: (states) => states.filter((state) => !isTerminal(state)),
  status: 'open',
};

const keep: vscode.MessageItem = { title: t('Keep Running') };
const stop: vscode.MessageItem = { title: t('Cancel Run') };
const close: vscode.MessageItem = { title: t('Close'), isCloseAffordance: true };

const cancel = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, underWay);
  if (state === undefined) return;
  const chosen = await vscode.window.showWarningMessage(
    t('Cancel {0}?', namedRun(state)),
    {
      modal: true,
      detail: t('It stops at once. Its log stays, and for some days its checkpoints, to resume it from.'),
    },
    // The first is what Enter does.
    keep,
    stop,
    close,
  );
  if (chosen === stop) await change(longhaul, state.id, (api) => api.runs.cancel.mutate({ run: state.id }));
};

const resume = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title,
    none: t('No run has failed or was cancelled lately.'),
    among: (states) => states.filter(isResumable),
  });
  if (state !== undefined) await change(longhaul, state.id, (api) => api.runs.retry.mutate({ run: state.id }));
};

const pause = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title,
    none: t('No run is queued or working.'),
    among: (states) => states.filter(isPausable),
    status: 'open',
  });
  if (state !== undefined) await change(longhaul, state.id, (api) => api.runs.pause.mutate({ run: state.id }));
};

const unpause = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, {
    title,
    none: t('No run is paused.'),
    among: (states) => states.filter((candidate) => pausedBy(candidate) !== null),
    status: 'open',
  });
  if (state !== undefined) await change(longhaul, state.id, (api) => api.runs.retry.mutate({ run: state.id }));
};

const sendMessage = async (longhaul: Longhaul, argument: unknown): Promise<void> => {
  const state = await runFor(longhaul, argument, underWay);
  if (state === undefined) return;
  const text = await vscode.window.showInputBox({
    title: t('Message to the agent of {0}', namedRun(state)),
    prompt: t('It reads the message before its next turn.'),
    ignoreFocusOut: true,
  });
  if (text === undefined || text.trim() === '') return;
  await change(longhaul, state.id, (api) => api.runs.message.mutate({ run: state.id, text }));
};

export const registerSteer = (longhaul: Longhaul): vscode.Disposable =>
  registerCommands({
    'longhaul.cancelRun': (run) => cancel(longhaul, run),
    'longhaul.pauseRun': (run) => pause(longhaul, run),
    ...whereTrusted({
      'longhaul.resumeRun': (run) => resume(longhaul, run),
      'longhaul.unpauseRun': (run) => unpause(longhaul, run),
      'longhaul.sendMessage': (run) => sendMessage(longhaul, run),
    }),
    'longhaul.copyRunId': async (argument) => {
      const run = runArgument(argument);
      if (run !== null) await vscode.env.clipboard.writeText(run);
    },
  });
