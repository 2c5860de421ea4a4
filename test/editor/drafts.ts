import type { Page } from 'playwright-core';
import { Draft } from '../../extension/features/delegate/draft.ts';

/**
 * The delegation that a window keeps because somebody has begun to write it, once its text ends so: where it was called from, what the goal began
 * as, and every choice. The window writes it down a moment after each key.
 */
export const keptDraft = async (page: Page, end: string): Promise<Omit<Draft, 'session'>> => {
  for (;;) {
    const stored = await page.evaluate(storedDrafts);
    for (const draft of stored.map((value) => Draft.parse(value))) {
      const { session: _, ...rest } = draft;
      if (draft.typed.endsWith(end)) return rest;
    }
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => resolve(null))));
  }
};

/** Runs in the window: what Longhaul keeps in it, of all workspaces. */
const storedDrafts = async (): Promise<unknown[]> => {
  const answer = <Result>(request: IDBRequest<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error ?? new Error('no answer')));
    });
  const drafts: unknown[] = [];
  for (const { name } of await indexedDB.databases()) {
    if (name?.startsWith('vscode-web-state-db-') !== true) continue;
    const database = await answer(indexedDB.open(name));
    try {
      if (!database.objectStoreNames.contains('ItemTable')) continue;
      const table = database.transaction('ItemTable').objectStore('ItemTable');
      const text: unknown = await answer(table.get('longhaul.longhaul'));
      const state: unknown = JSON.parse(typeof text === 'string' ? text : '{}');
      for (const [key, value] of Object.entries(state ?? {}))
        if (key.startsWith('longhaul.delegate.draft ')) drafts.push(value);
    } finally {
      database.close();
    }
  }
  return drafts;
};
