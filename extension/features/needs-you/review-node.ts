import * as vscode from 'vscode';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { FactNode, labelledTooltip, openRun, type Node } from '../../ground/node/node.ts';
import { changes, costFact, evidence, oneLine } from '../../ground/text/text.ts';

/** Finished work that waits for a verdict. */
export class ReviewNode implements Node {
  readonly run: string;
  readonly #state: RunSummary;
  constructor(state: RunSummary) {
    this.#state = state;
    this.run = state.id;
  }

  item(): vscode.TreeItem {
    const { task, round } = this.#state;
    const size = changes(this.#state) ?? 'no changes';
    const shown = evidence(this.#state) ?? 'not verified';
    const item = new vscode.TreeItem(`Review: ${oneLine(task.title, 120)}`, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `review ${this.run} ${round}`;
    item.description = `${size} · ${shown}`;
    item.contextValue = 'run.reviewing';
    item.iconPath = new vscode.ThemeIcon('git-pull-request', new vscode.ThemeColor('charts.blue'));
    item.command = openRun(this.run);
    item.tooltip = labelledTooltip([
      ['Goal', task.goal],
      ['Result', size],
      ['Evidence', shown],
      ['Round', String(round)],
    ]);
    item.accessibilityInformation = { label: `Review of ${task.title}: ${size}, ${shown}` };
    return item;
  }

  children(): readonly Node[] {
    const { report, spent, round } = this.#state;
    const facts = [
      { label: 'Report', text: report?.summary ?? '', icon: 'note' },
      { label: 'Result', text: changes(this.#state) ?? '', icon: 'diff-multiple' },
      { label: 'Evidence', text: evidence(this.#state) ?? '', icon: 'beaker' },
      { label: 'Cost', text: costFact(spent), icon: 'credit-card' },
    ];
    return facts
      .filter(({ text }) => text !== '')
      .map((fact) => new FactNode(`review ${this.run} ${round} ${fact.label}`, fact));
  }
}
