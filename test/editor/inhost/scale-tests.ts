import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { applyAll, openReview } from './review-steps.ts';
import { summary } from '../../../shared/run/summary.ts';
import type { Test } from './tests.ts';
import { cleanTree, delegate, eventually, git, longhaul, repository, reviewing, settled } from './world.ts';

/** Process id of the runner that serves this home. */
const runnerPid = (): number => {
  const file = path.join(process.env['LONGHAUL_HOME'] ?? '', 'runner.json');
  // safe: written by the runner
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
};

export const scaleTests = {
  'a change of a thousand files opens, and is applied whole': async (take) => {
    cleanTree();
    const { id } = await delegate('[thousand] Many files');
    await settled(id, reviewing);
    take('thousand', await openReview(id));
    await applyAll(id);
    const written = git('status', '--porcelain', '--untracked-files=all').trimEnd().split('\n');
    assert.equal(written.length, 1000);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const began = performance.now();
    await vscode.commands.executeCommand(
      'vscode.changes',
      'Plain',
      written.slice(0, 400).map((line) => {
        const uri = vscode.Uri.file(repository(line.slice(3)));
        return [uri, undefined, uri];
      }),
    );
    take('plain', performance.now() - began);
    await vscode.commands.executeCommand('longhaul.undoApply', id);
    assert.equal(git('status', '--porcelain'), '');
  },

  'a runner that is killed under an open window is started again, and nothing is lost or shown twice': async (take) => {
    cleanTree();
    const { connection, runs } = await longhaul();
    const { id } = await delegate('[long] Take your time');
    await settled(id, ({ turn }) => turn?.phase === 'taken' && turn.calls.some(({ status }) => status === 'running'));
    const before = runnerPid();
    const seen: string[] = [];
    const watching = connection.onDidChangeState(({ status }) => seen.push(status));
    const began = performance.now();
    process.kill(before, 'SIGKILL');
    await eventually(connection.onDidChangeState, () =>
      seen.length > 0 && connection.state.status === 'connected' ? true : null,
    );
    watching.dispose();
    take('restart', performance.now() - began);
    assert.notEqual(runnerPid(), before);
    const shown = await settled(id, reviewing);
    const api = await connection.api();
    assert.deepEqual(shown, summary(await api.runs.get.query({ run: id })));
    const events = await api.runs.events.query({ run: id, limit: 1000 });
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index + 1),
    );
    assert.equal(events.filter(({ body }) => body.type === 'activation.lost').length, 1);
    assert.deepEqual(runs.get(id), shown);
  },
} satisfies Record<string, Test>;
