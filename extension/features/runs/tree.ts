import type * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { createTree, type Node, type Tree } from '../../ground/node/node.ts';
import { grouped, groupOf, type GroupName } from './groups.ts';
import { runNode, type RunNode } from './run-node.ts';
import { OpenTimelines } from './timeline.ts';

/** The tree of runs. */
export interface RunsTree extends Pick<Tree, 'treeDataProvider'>, vscode.Disposable {
  /** A run that changes within its group has its own rows redrawn only. */
  refresh(changed: ReadonlySet<string>): void;
  /** Times go on while nothing happens. */
  tick(): void;
  /** A row was folded: a timeline that nobody sees is not followed. */
  folded(row: Node): void;
}

export const createRunsTree = ({ runs, connection }: Pick<Longhaul, 'runs' | 'connection'>): RunsTree => {
  const shown = new Map<string, { readonly node: RunNode; readonly group: GroupName }>();
  const timelines = new OpenTimelines(runs, (run) => {
    const timeline = shown.get(run)?.node.timeline;
    if (timeline !== undefined) tree.redraw([timeline]);
  });
  const tree = createTree(() => {
    shown.clear();
    return [...grouped(runs.all())].map(([group, states]) => {
      const members = states.map((state) => runNode(state, { timelines, connection }));
      for (const node of members) shown.set(node.run, { node, group });
      return groupNode(group, members);
    });
  });
  return {
    treeDataProvider: tree.treeDataProvider,
    refresh: (changed) => {
      const rows: RunNode[] = [];
      for (const id of changed) {
        const state = runs.get(id);
        const row = shown.get(id);
        if (state === undefined || row === undefined || groupOf(state) !== row.group) return tree.redraw();
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

const titles: Record<GroupName, string> = {
  'needs you': 'Needs You',
  'in review': 'In Review',
  working: 'Working',
  queued: 'Queued',
  paused: 'Paused',
  done: 'Done',
};

/** Runs in one state. */
const groupNode = (name: GroupName, members: readonly RunNode[]): Node => ({
  row: () => ({
    id: `group ${name}`,
    label: titles[name],
    unfolded: name !== 'done',
    description: String(members.length),
    contextValue: 'group',
    said: `${titles[name]}: ${members.length} runs`,
  }),
  children: () => members,
});
