import * as vscode from 'vscode';
import type { ListedTrigger, ShownTrigger } from '../../../shared/api/triggers.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { originOf, repositoryOf } from '../../ground/repository/repository.ts';
import { triggersIn } from '../../ground/repository/trigger-files.ts';
import { repositoryName } from '../../ground/text/text.ts';
import { automationsOf, keyOf, type Automation, type OpenRepository } from './automation.ts';

/** What is known of the triggers: as it was read last. The runner's feed says nothing of them, so whoever shows them says when they are to be read. */
export interface Automations extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  /** Null: they were not read yet. */
  readonly all: readonly Automation[] | null;
  /** Of which open folders the runner could tell nothing, and why; empty: of none. */
  readonly trouble: string;
  /** Reads them; several at once are read one after the other, the last for all. Throws what the API throws, and ConnectionError. */
  refresh(): Promise<void>;
  /** What came of one lately, read once until the next `refresh`. Throws the same. */
  shown(of: Pick<Automation, 'repository' | 'name'>): Promise<ShownTrigger>;
}

interface Read {
  readonly all: readonly Automation[];
  readonly trouble: string;
}

export const createAutomations = (longhaul: Longhaul): Automations => {
  const changed = new vscode.EventEmitter<void>();
  const details = new Map<string, Promise<ShownTrigger>>();
  let known: Read | null = null;
  let reading: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const readAll = async (): Promise<void> => {
    known = await read(longhaul);
    details.clear();
    changed.fire();
  };
  const begin = (): Promise<void> => {
    next = null;
    reading = readAll().finally(() => {
      reading = null;
    });
    return reading;
  };
  return {
    onDidChange: changed.event,
    get all() {
      return known?.all ?? null;
    },
    get trouble() {
      return known?.trouble ?? '';
    },
    // What is being read may be from before what somebody wants to see.
    refresh: () => (reading === null ? begin() : (next ??= reading.then(begin, begin))),
    shown: ({ repository, name }) => {
      const key = keyOf({ repository, name });
      const asked =
        details.get(key) ??
        longhaul.connection
          .api()
          .then((api) => api.triggers.show.query({ repository, name }))
          .catch((error: unknown) => {
            details.delete(key);
            throw error;
          });
      details.set(key, asked);
      return asked;
    },
    dispose: () => changed.dispose(),
  };
};

const read = async ({ connection, log }: Longhaul): Promise<Read> => {
  const api = await connection.api();
  const { state } = connection;
  const local = state.status === 'connected' && state.local;
  const open = await openRepositories();
  const trouble: string[] = [];
  const known = await api.triggers.list.query({ repository: null });
  const own = await Promise.all(
    open.map(async ({ root, origin, names }): Promise<readonly ListedTrigger[]> => {
      // One elsewhere does not see a folder here.
      const repository = local ? root : origin;
      if (repository === null) return [];
      try {
        return await api.triggers.list.query({ repository });
      } catch (error) {
        const { message } = problemOf(error);
        log.warn(`triggers of ${repository}: ${message}`);
        // Whoever has none need not hear of it.
        if (names.length > 0) trouble.push(`${repositoryName(root)}: ${message}`);
        return [];
      }
    }),
  );
  return { all: automationsOf([...known, ...own.flat()], open), trouble: trouble.join(' ') };
};

/** The repositories that the folders of the window are in. */
const openRepositories = async (): Promise<readonly OpenRepository[]> => {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const found = await Promise.all(folders.map(({ uri }) => repositoryOf(uri.fsPath)));
  const roots = [...new Set(found.flatMap((one) => (one.outcome === 'found' ? [one.root] : [])))];
  return Promise.all(
    roots.map(async (root) => ({ root, origin: await originOf(root), names: await triggersIn(root) })),
  );
};
