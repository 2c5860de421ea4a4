import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ConnectionState } from '../../../extension/ground/connection/connection.ts';
import { applyAll } from './review-steps.ts';
import { summary } from '../../../shared/run/summary.ts';
import type { Test } from './tests.ts';
import { cleanTree, delegate, eventually, repository, longhaul, reviewing, settled } from './world.ts';

/** Lets the window talk to its runner as to one elsewhere: by address and token. */
const elsewhere = async (work: (url: string) => Promise<void>): Promise<void> => {
  const { connection, extension } = await longhaul();
  await connection.api();
  const { state } = connection;
  const url = state.status === 'connected' ? state.url : '';
  const token = await readFile(path.join(process.env['LONGHAUL_HOME'] ?? '', 'token'), 'utf8');
  const settings = vscode.workspace.getConfiguration('longhaul');
  try {
    await extension.secrets.store(`longhaul.token ${new URL(url).origin}`, token.trim());
    await settings.update('url', url, vscode.ConfigurationTarget.Global);
    await connection.reconnect();
    assert.partialDeepStrictEqual(connection.state, {
      status: 'connected',
      url,
      local: false,
      runner: url,
    } satisfies Partial<ConnectionState>);
    await work(url);
  } finally {
    await settings.update('url', undefined, vscode.ConfigurationTarget.Global);
    await connection.reconnect();
  }
};

export const connectionTests = {
  'a remote runner with a bad token says so, and with the right one its runs are there': async () => {
    const { connection, runs, extension } = await longhaul();
    const known = runs.all().length;
    assert.ok(known > 0);
    await elsewhere(async (url) => {
      await eventually(runs.onDidChange, () => runs.all().length === known || null);
      await extension.secrets.store(`longhaul.token ${new URL(url).origin}`, 'wrong');
      await assert.rejects(connection.reconnect(), {
        name: 'ConnectionError',
        trouble: 'unauthorized',
        message: 'The runner does not know this token.',
      });
      assert.equal(connection.state.status, 'offline');
    });
    assert.equal(connection.state.status, 'connected');
  },

  'to a runner elsewhere the tree goes along as an upload, and its result is applied here': async () => {
    cleanTree();
    writeFileSync(repository('README.md'), `${readFileSync(repository('README.md'), 'utf8')}\nNot committed.\n`);
    const before = readFileSync(repository('README.md'), 'utf8');
    await elsewhere(async () => {
      const { connection, runs } = await longhaul();
      const known = new Set(runs.all().map(({ id }) => id));
      await vscode.lm.invokeTool('longhaul_delegate', {
        input: { goal: '[line] Say sums', verification: 'grep -q "Not committed" README.md' },
        toolInvocationToken: undefined,
      });
      const run = await eventually(runs.onDidChange, () => runs.all().find(({ id }) => !known.has(id)) ?? null);
      const api = await connection.api();
      assert.equal((await api.runs.get.query({ run: run.id })).task.source.kind, 'bundle');
      const done = await settled(run.id, reviewing);
      assert.deepEqual(
        done.verification.map(({ exitCode }) => exitCode),
        [0],
      );
      await applyAll(run.id);
      assert.equal(readFileSync(repository('README.md'), 'utf8'), before.replace('Adds up a cart', 'Sums a cart'));
      await vscode.commands.executeCommand('longhaul.undoApply', run.id);
      assert.equal(readFileSync(repository('README.md'), 'utf8'), before);
    });
  },

  'each event of a run reaches the views, once': async (take) => {
    const { runs, connection } = await longhaul();
    const seen = new Map<string, number[]>();
    const listening = runs.onDidChange((changed) => {
      for (const id of changed) {
        const run = runs.get(id);
        const seqs = seen.get(id) ?? [];
        if (run === undefined || seqs.at(-1) === run.seq) continue;
        seen.set(id, [...seqs, run.seq]);
        take('latency', Date.now() - Date.parse(run.updatedAt));
      }
    });
    try {
      for (const { id } of [await delegate('[line] Say sums'), await delegate('[line] Say sums, please')]) {
        await settled(id, reviewing);
        const seqs = seen.get(id) ?? [];
        assert.deepEqual(
          seqs,
          [...new Set(seqs)].sort((a, b) => a - b),
        );
        const api = await connection.api();
        assert.deepEqual(runs.get(id), summary(await api.runs.get.query({ run: id })));
      }
    } finally {
      listening.dispose();
    }
  },
} satisfies Record<string, Test>;
