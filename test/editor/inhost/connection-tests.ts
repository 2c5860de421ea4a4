import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Test } from './tests.ts';
import { delegate, eventually, longhaul, reviewing, settled } from './world.ts';

export const connectionTests = {
  'a remote runner with a bad token says so, and with the right one its runs are there': async () => {
    const { connection, runs, extension } = await longhaul();
    await connection.api();
    const { state } = connection;
    assert.equal(state.status, 'connected');
    const url = state.status === 'connected' ? state.url : '';
    const home = process.env['LONGHAUL_HOME'] ?? '';
    const token = (await readFile(path.join(home, 'token'), 'utf8')).trim();
    const secret = `longhaul.token ${new URL(url).origin}`;
    const settings = vscode.workspace.getConfiguration('longhaul');
    const known = runs.all().length;
    assert.ok(known > 0);
    try {
      await extension.secrets.store(secret, 'wrong');
      await settings.update('url', url, vscode.ConfigurationTarget.Global);
      await assert.rejects(connection.reconnect(), {
        name: 'ConnectionError',
        trouble: 'unauthorized',
        message: 'The runner does not know this token.',
      });
      assert.equal(connection.state.status, 'offline');
      await extension.secrets.store(secret, token);
      await connection.reconnect();
      assert.deepEqual(connection.state, { status: 'connected', url, local: false });
      await eventually(runs.onDidChange, () => runs.all().length === known || null);
    } finally {
      await settings.update('url', undefined, vscode.ConfigurationTarget.Global);
      await connection.reconnect();
    }
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
        assert.deepEqual(runs.get(id), await api.runs.get.query({ run: id }));
      }
    } finally {
      listening.dispose();
    }
  },
} satisfies Record<string, Test>;
