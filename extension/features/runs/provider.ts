import * as vscode from 'vscode';
import type { Runs } from '../../ground/runs/runs.ts';
import type { Node } from '../../ground/node/node.ts';
import { GroupNode } from './group-node.ts';
import { grouped, groupOf, type GroupName } from './groups.ts';
import { RunNode, type RunSources } from './run-node.ts';

/** The tree of runs. A run that changes within its group redraws its own rows only. */
export class RunsProvider implements vscode.TreeDataProvider<Node> {
  readonly #changed = new vscode.EventEmitter<Node | Node[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #runs: Runs;
  readonly #sources: RunSources;
  readonly #shown = new Map<string, { readonly node: RunNode; readonly group: GroupName }>();
  constructor(runs: Runs, sources: RunSources) {
    this.#runs = runs;
    this.#sources = sources;
  }

  /** More happened in a run whose timeline is open. */
  refreshTimeline(run: string): void {
    const timeline = this.#shown.get(run)?.node.timeline;
    if (timeline !== undefined) this.#changed.fire(timeline);
  }

  refresh(changed: ReadonlySet<string>): void {
    const nodes: RunNode[] = [];
    for (const id of changed) {
      const state = this.#runs.get(id);
      const shown = this.#shown.get(id);
      if (state === undefined || shown === undefined || groupOf(state) !== shown.group) {
        this.#changed.fire(undefined);
        return;
      }
      shown.node.state = state;
      nodes.push(shown.node);
    }
    if (nodes.length > 0) this.#changed.fire(nodes);
  }

  /** Times go on while nothing happens. */
  tick(): void {
    const working = [...this.#shown.values()].filter(({ node }) => node.state.status === 'working');
    if (working.length > 0) this.#changed.fire(working.map(({ node }) => node));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.item();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    return [...(node === undefined ? this.#roots() : await node.children())];
  }

  #roots(): readonly Node[] {
    this.#shown.clear();
    return [...grouped(this.#runs.all())].map(([name, states]) => {
      const members = states.map((state) => {
        const node = new RunNode(state, this.#sources);
        this.#shown.set(state.id, { node, group: name });
        return node;
      });
      return new GroupNode(name, members);
    });
  }
}
