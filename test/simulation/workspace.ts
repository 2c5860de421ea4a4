import { createHash } from 'node:crypto';
import type { Visits } from '../../runner/worker/run/ports/ports.ts';
import type { Workspace } from '../../runner/worker/workspace/workspace.ts';
import type { Checkpoint } from '../../shared/run/artifacts.ts';

/** What a test may break of it. */
export interface DiskSabotage {
  /** A restore says that it was done, and does nothing. */
  readonly restoresNothing?: boolean;
  /** Leases of one run work in one and the same tree. */
  readonly sharesTrees?: boolean;
}

export interface Tree {
  lines: string[];
}

const hash = (text: string): string => createHash('sha1').update(text).digest('hex');

/** The trees of all runs, each a list of lines, and their checkpoints. Outlives every process. */
export class Disk {
  readonly #sabotage: DiskSabotage;
  /** The tree that the last lease of a run worked in. */
  readonly #trees = new Map<string, Tree>();
  readonly #visits = new Map<string, number>();
  readonly #saved = new Map<string, readonly string[]>();

  constructor(sabotage: DiskSabotage) {
    this.#sabotage = sabotage;
  }

  /** Which lease of a run was here last. */
  visitsOf(run: string): Visits {
    return {
      last: async () => this.#visits.get(run) ?? null,
      record: async (fence) => void this.#visits.set(run, fence),
    };
  }

  /** What a checkpoint holds. */
  linesOf({ commit }: Checkpoint): readonly string[] | null {
    return this.#saved.get(commit) ?? null;
  }

  /**
   * The tree of a run as a lease finds it, which is what the lease before it left. One that makes the tree anew has its own from then on,
   * so that a worker which does not know yet that it is out of its lease spoils nothing; to open it changes nothing.
   */
  take(run: string): { readonly tree: () => Tree; readonly workspace: Workspace } {
    let tree = this.#trees.get(run) ?? { lines: [] };
    const renew = (lines: readonly string[]): void => {
      if (this.#sabotage.sharesTrees === true) tree.lines = [...lines];
      else tree = { lines: [...lines] };
      this.#trees.set(run, tree);
    };
    return { tree: () => tree, workspace: this.#workspace(() => tree, renew) };
  }

  #workspace(of: () => Tree, renew: (lines: readonly string[]) => void): Workspace {
    const save = (parent: Checkpoint | null): Checkpoint => {
      const { lines } = of();
      const id = hash(lines.join('\n'));
      if (parent?.tree === id) return parent;
      const commit = hash(`${parent?.commit ?? ''} ${id}`);
      this.#saved.set(commit, [...lines]);
      return { commit, tree: id };
    };
    const nowhere = () => Promise.reject(new Error('nothing leaves this machine'));
    return {
      root: '/nowhere',
      prepare: async () => {
        renew(['base']);
        return save(null);
      },
      checkpoint: async (parent) => save(parent),
      overlay: async () => {},
      restore: async ({ commit }) => {
        const lines = this.#saved.get(commit);
        if (lines === undefined) return false;
        if (this.#sabotage.restoresNothing !== true) of().lines = [...lines];
        return true;
      },
      present: () => of().lines.length > 0,
      left: [],
      renew: async ({ commit }) => {
        const lines = this.#saved.get(commit);
        if (lines === undefined) return 'absent';
        renew(this.#sabotage.restoresNothing === true ? of().lines : lines);
        return 'whole';
      },
      has: async ({ commit }) => this.#saved.has(commit),
      bundle: nowhere,
      take: nowhere,
      bringBase: nowhere,
      startFrom: nowhere,
      merge: nowhere,
      checkout: async () => {},
      addedLines: async () => new Map(),
      readFiles: async () => [],
      difference: async (from, to) => (from.tree === to.tree ? [] : [{ path: 'lines', target: null }]),
      patch: async () => '',
      changes: async (from, to, keeping) => ({
        files:
          from.tree === to.tree
            ? []
            : [{ status: 'modified', before: null, after: null, binary: false, additions: 1, deletions: 0 }],
        patch: await keeping.content(Buffer.from(to.tree)),
      }),
    };
  }
}
