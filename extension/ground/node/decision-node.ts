import * as vscode from 'vscode';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { FactNode, labelledTooltip, type Node } from './node.ts';
import { argumentsText, expiry, oneLine } from '../text/text.ts';

/** A question that waits for a person: its row says what is asked, its children why, what follows and until when. */
export class DecisionNode implements Node {
  readonly run: string;
  readonly decision: string;
  readonly #summary: DecisionSummary;
  constructor(summary: DecisionSummary) {
    this.#summary = summary;
    this.run = summary.run;
    this.decision = summary.request.id;
  }

  item(): vscode.TreeItem {
    const { request, status, title, run } = this.#summary;
    const expired = status === 'expired';
    const until = expired ? 'expired undecided' : expiry(request.expiresAt, Date.now());
    const item = new vscode.TreeItem(oneLine(request.action, 200), vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `decision ${run} ${request.id}`;
    item.description = `${oneLine(title, 60)} · ${until}`;
    item.contextValue = expired ? 'decision.expired' : `decision.${request.kind}`;
    item.iconPath = new vscode.ThemeIcon(
      request.kind === 'question' ? 'question' : expired ? 'history' : 'shield',
      new vscode.ThemeColor(expired ? 'disabledForeground' : 'notificationsWarningIcon.foreground'),
    );
    item.command = {
      command: 'longhaul.openDecision',
      title: 'Open Approval',
      arguments: [{ run, decision: request.id }],
    };
    item.tooltip = labelledTooltip([
      ['Asked', request.action],
      ['Why', request.reason],
      ['Then', request.consequence],
      ['Until', `${new Date(request.expiresAt).toLocaleString()} (${until})`],
      ['Otherwise', request.onExpiry],
      ['Run', title],
    ]);
    item.accessibilityInformation = { label: `Decision: ${request.action}. Run: ${title}. ${until}.` };
    return item;
  }

  children(): readonly Node[] {
    const { request, title, run } = this.#summary;
    const facts = [
      { label: 'Why', text: request.reason, icon: 'info' },
      { label: 'Then', text: request.consequence, icon: 'arrow-right' },
      { label: 'Exactly', text: argumentsText(request.arguments), icon: 'json' },
      { label: 'Until', text: new Date(request.expiresAt).toLocaleString(), icon: 'clock' },
      { label: 'Otherwise', text: request.onExpiry, icon: 'debug-pause' },
      { label: 'Run', text: title, icon: 'rocket' },
    ];
    return facts
      .filter(({ text }) => text !== '')
      .map((fact) => new FactNode(`decision ${run} ${request.id} ${fact.label}`, fact));
  }
}
