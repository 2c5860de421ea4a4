import type * as vscode from 'vscode';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { historyRow, type HistoryRow } from '../../../shared/run/statistics.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { newer } from '../../ground/runs/runs.ts';
import { activeMs } from '../../ground/text/text.ts';

/** As many as the API gives at once. */
const pageSize = 500;

/** Every run as its history tells it: read once, then kept up with the feed. */
export interface HistoryRows extends vscode.Disposable {
  /** Reads all runs, once. Throws as the connection does. */
  load(): Promise<void>;
  /** Newest first. */
  all(): readonly HistoryRow[];
}

export const historyRows = ({ runs, connection }: Longhaul, changed: () => void): HistoryRows => {
  const states = new Map<string, RunSummary>();
  let loading: Promise<void> | null = null;
  // The feed goes on while pages are read: what it brought meanwhile is newer.
  const put = (state: RunSummary): void => void states.set(state.id, newer(states.get(state.id), state));

  const readAll = async (): Promise<void> => {
    const api = await connection.api();
    let before: number | null = null;
    do {
      const page: { runs: readonly RunSummary[]; next: number | null } = await api.runs.list.query({
        limit: pageSize,
        before,
        archived: true,
      });
      page.runs.forEach(put);
      before = page.next;
    } while (before !== null);
  };
  const feed = runs.onDidChange((ids) => {
    if (loading === null) return;
    for (const id of ids) {
      const state = runs.get(id);
      if (state !== undefined) put(state);
      else if (runs.isDeleted(id)) states.delete(id);
    }
    changed();
  });
  return {
    load: () =>
      (loading ??= readAll().catch((error: unknown) => {
        loading = null;
        throw error;
      })),
    all: () =>
      [...states.values()]
        .toSorted((a, b) => b.number - a.number)
        .map((state) => ({ ...historyRow(state), activeMs: activeMs(state, Date.now()) })),
    dispose: () => feed.dispose(),
  };
};
