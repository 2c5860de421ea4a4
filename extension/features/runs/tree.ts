import type * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { createTree, type Node, type Tree } from '../../ground/node/node.ts';
import type { RunsListing } from './listing-commands.ts';
import { arranged, placeOf, type RunGroup } from './listing.ts';
import { t } from '@vscode/l10n';
import { runNode, type RunNode } from './run-node.ts';
import { OpenTimelines } from './timeline.ts';

/** The tree of runs. */
export interface RunsTree extends Pick<Tree, 'treeDataProvider'>, vscode.Disposable {
  redraw(): void;
  /** A run that changes within its group has its own rows redrawn only. */
  refresh(changed: ReadonlySet<string>): void;
  /** Times go on while nothing happens. */
  tick(): void;
  /** A row was folded: a timeline that nobody sees is not followed. */
  folded(row: Node): void;
}

export const createRunsTree = (
  { runs, connection, pending }: Pick<Longhaul, 'runs' | 'connection' | 'pending'>,
  listing: RunsListing['current'],
): RunsTree => {
  const shown = new Map<string, { readonly node: RunNode; readonly group: string }>();
  const timelines = new OpenTimelines(runs, (run) => {
    const timeline = shown.get(run)?.node.timeline;
    if (timeline !== undefined) tree.redraw([timeline]);
  });
  const tree = createTree(
    () => {
      shown.clear();
      const { groupBy } = listing();
      return arranged(runs.listed(), listing()).map((group) => {
        const members = group.runs.map((state) =>
          runNode(state, { timelines, connection, ofOneRepository: groupBy === 'repository' }),
        );
        for (const node of members) shown.set(node.run, { node, group: group.key });
        return groupNode(group, members);
      });
    },
    (run) => pending.isSlow(run),
  );
  return {
    treeDataProvider: tree.treeDataProvider,
    redraw: () => tree.redraw(),
    refresh: (changed) => {
      const rows: RunNode[] = [];
      for (const id of changed) {
        const state = runs.get(id);
        const row = shown.get(id);
        const place = state === undefined ? null : placeOf(state, listing());
        if (place === null && row === undefined) continue;
        if (state === undefined || row === undefined || place !== row.group) return tree.redraw();
        row.node.state = state;
        rows.push(row.node);
      }
      if (rows.length > 0) tree.redraw(rows);
    },
    tick: () => {
      const working = [...shown.values()].filter(({ node }) => node.state.status === 'working');
      if (working.length > 0) tree.redraw(working.map(({ node }) => node));
    },
    folded: (row) => {
      for (const { node } of shown.values()) if (node.timeline === row) timelines.close(node.run);
    },
    dispose: () => timelines.dispose(),
  };
};

/** Runs that are listed together. */
const groupNode = ({ key, title, unfolded }: RunGroup, members: readonly RunNode[]): Node => ({
  row: () => ({
    id: `group ${key}`,
    label: title,
    unfolded,
    description: String(members.length),
    contextValue: 'group',
    said: members.length === 1 ? t('{0}: 1 run', title) : t('{0}: {1} runs', title, members.length),
  }),
  children: () => members,
});
