import * as vscode from 'vscode';
import type { Runs } from '../../ground/runs/runs.ts';
import type { Node } from '../../ground/node/node.ts';
import { DecisionNode } from '../../ground/node/decision-node.ts';
import { ReviewNode } from './review-node.ts';

/** What waits for a person: decisions, the most urgent first, then finished work. */
export class NeedsYouProvider implements vscode.TreeDataProvider<Node> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #runs: Runs;
  constructor(runs: Runs) {
    this.#runs = runs;
  }

  refresh(): void {
    this.#changed.fire();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.item();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    return [...(node === undefined ? this.#roots() : await node.children())];
  }

  #roots(): readonly Node[] {
    const reviews = this.#runs.all().filter(({ status }) => status === 'reviewing');
    return [
      ...this.#runs.decisions().map((summary) => new DecisionNode(summary)),
      ...reviews.map((state) => new ReviewNode(state)),
    ];
  }
}

/** How many things wait: what the badge says. */
export const waitingFor = (runs: Runs): number =>
  runs.decisions().length + runs.all().filter(({ status }) => status === 'reviewing').length;
