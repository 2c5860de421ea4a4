import * as vscode from 'vscode';
import type { Node } from '../../ground/node/node.ts';
import type { GroupName } from './groups.ts';
import type { RunNode } from './run-node.ts';

const titles: Record<GroupName, string> = {
  'needs you': 'Needs You',
  'in review': 'In Review',
  working: 'Working',
  queued: 'Queued',
  done: 'Done',
};

/** Runs in one state. */
export class GroupNode implements Node {
  readonly #name: GroupName;
  readonly #members: readonly RunNode[];
  constructor(name: GroupName, members: readonly RunNode[]) {
    this.#name = name;
    this.#members = members;
  }
  item(): vscode.TreeItem {
    const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(titles[this.#name], this.#name === 'done' ? Collapsed : Expanded);
    item.id = `group ${this.#name}`;
    item.description = String(this.#members.length);
    item.contextValue = 'group';
    item.accessibilityInformation = { label: `${titles[this.#name]}: ${this.#members.length} runs` };
    return item;
  }
  children(): readonly Node[] {
    return this.#members;
  }
}
