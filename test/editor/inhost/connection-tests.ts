import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Test } from './tests.ts';
import { delegate, eventually, longhaul, reviewing, settled } from './world.ts';

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

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

  'an event reaches the views in under 50 ms at the median': async (note) => {
    const { runs } = await longhaul();
    const delays: number[] = [];
    const seen = new Map<string, number>();
    const listening = runs.onDidChange((changed) => {
      for (const id of changed) {
        const run = runs.get(id);
        if (run === undefined || seen.get(id) === run.seq) continue;
        seen.set(id, run.seq);
        delays.push(Date.now() - Date.parse(run.updatedAt));
      }
    });
    try {
      for (const { id } of [await delegate('[line] Say sums'), await delegate('[line] Say sums, please')])
        await settled(id, reviewing);
    } finally {
      listening.dispose();
    }
    const p50 = median(delays);
    note(`${delays.length} events, ${p50} ms at the median, ${Math.max(...delays)} ms at most`);
    assert.ok(delays.length >= 10);
    assert.ok(p50 < 50, `${p50} ms`);
  },
} satisfies Record<string, Test>;
