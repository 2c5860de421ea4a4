import { execFileSync } from 'node:child_process';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Longhaul } from '../../../extension/ground/longhaul.ts';
import type { TestAccess } from '../../../extension/main.ts';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

export const extension = (): vscode.Extension<TestAccess> => {
  const found = vscode.extensions.getExtension<TestAccess>('longhaul.longhaul');
  if (found === undefined) throw new Error('Longhaul is not installed');
  return found;
};

/** The extension's own parts; it gives them away in test mode alone. */
export const longhaul = async (): Promise<Longhaul> => (await extension().activate()).longhaul();

/** Absolute path of the repository that the window is open on, or of a file in it. */
export const repository = (...file: readonly string[]): string => {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) throw new Error('no folder is open');
  return path.join(folder.uri.fsPath, ...file);
};

export const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', repository(), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  });

/** The working tree as it was committed, without a trace of the test before. */
export const cleanTree = (): void => {
  git('reset', '--quiet', '--hard', 'HEAD');
  git('clean', '--quiet', '--force', '-d');
};

/** What `find` gives, as soon as it is not null: asked now, and each time that the event fires. */
export const eventually = <Found>(event: vscode.Event<unknown>, find: () => Found | null): Promise<Found> =>
  new Promise((resolve, reject) => {
    let subscription: vscode.Disposable | null = null;
    const look = (): boolean => {
      try {
        const found = find();
        if (found === null) return false;
        resolve(found);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      subscription?.dispose();
      return true;
    };
    if (!look()) subscription = event(look);
  });

/** A run as the editor knows it, once it satisfies the condition. Rejects when it failed instead. */
export const settled = async (id: string, wanted: (run: RunSummary) => boolean): Promise<RunSummary> => {
  const { runs } = await longhaul();
  return eventually(runs.onDidChange, () => {
    const run = runs.get(id);
    if (run === undefined) return null;
    if (wanted(run)) return run;
    if (run.status === 'failed') throw new Error(`${run.task.title} failed: ${run.message}`);
    return null;
  });
};

export const reviewing = ({ status }: RunSummary): boolean => status === 'reviewing';

/** Delegates without asking; what the flow itself does is shown in the suite of the user interface. */
export const delegate = async (goal: string, rest: Partial<DelegateInput> = {}): Promise<RunState> => {
  const { connection, runs } = await longhaul();
  const api = await connection.api();
  const state = await api.runs.delegate.mutate({
    goal,
    title: goal.slice(0, 200),
    repository: repository(),
    verification: [],
    ...rest,
  });
  runs.learn(state);
  return state;
};

/** More than any of our commands asks for, with room for a slow machine. */
const mostEnters = 5000;

/** Runs a command that asks for one line of text or more, and presses Enter until it is done. */
export const withEnter = async (command: string, ...args: readonly unknown[]): Promise<void> => {
  const state = { done: false };
  const finished = Promise.resolve(vscode.commands.executeCommand(command, ...args)).finally(() => {
    state.done = true;
  });
  for (let presses = 0; !state.done; presses += 1) {
    if (presses === mostEnters) throw new Error(`${command} does not take Enter for an answer`);
    await vscode.commands.executeCommand('quickInput.accept');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await finished;
};
