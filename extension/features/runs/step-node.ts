import * as vscode from 'vscode';
import type { PlanStep } from '../../../shared/run/events.ts';
import { plainTooltip, type Node } from '../../ground/node/node.ts';
import { oneLine } from '../../ground/text/text.ts';

const icons = {
  pending: ['circle-outline', undefined],
  active: ['arrow-circle-right', 'charts.blue'],
  done: ['check', 'testing.iconPassed'],
} as const satisfies Record<PlanStep['status'], readonly [string, string | undefined]>;

/** A step of the agent's plan. */
export class StepNode implements Node {
  readonly #run: string;
  readonly #index: number;
  readonly #step: PlanStep;
  constructor(run: string, index: number, step: PlanStep) {
    this.#run = run;
    this.#index = index;
    this.#step = step;
  }
  item(): vscode.TreeItem {
    const { text, status } = this.#step;
    const [icon, color] = icons[status];
    const item = new vscode.TreeItem(oneLine(text, 160));
    item.id = `run ${this.#run} step ${this.#index}`;
    item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
    item.tooltip = plainTooltip(text);
    item.accessibilityInformation = { label: `Plan step ${this.#index + 1}, ${status}: ${text}` };
    return item;
  }
  children(): readonly Node[] {
    return [];
  }
}
