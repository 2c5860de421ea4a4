import * as vscode from 'vscode';
import { decisionSummaries, lineOf, type RunSummary } from '../../../shared/run/summary.ts';
import { checksOf, isTerminal, runningCall } from '../../../shared/run/state.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { DecisionNode } from '../../ground/node/decision-node.ts';
import { FactNode, labelledTooltip, openRun, type Node } from '../../ground/node/node.ts';
import { callLine } from '../../../shared/policy/call-line.ts';
import { plural, span } from '../../../shared/text/figures.ts';
import { activeMs, changes, costText, evidence, oneLine } from '../../ground/text/text.ts';
import { EvidenceNode } from './evidence-node.ts';
import { FilesNode } from './files-node.ts';
import { StepNode } from './step-node.ts';
import { TimelineNode, type OpenTimelines } from './timeline-node.ts';

/** Where a run's rows get what its state does not hold. */
export interface RunSources {
  readonly timelines: OpenTimelines;
  readonly connection: Connection;
}

/** One run: what it is at now; its children are its decisions, its plan, its result with its evidence, its timeline and its figures. */
export class RunNode implements Node {
  readonly run: string;
  /** The same one for as long as the run's row is there: VS Code knows rows by their objects. */
  readonly timeline: TimelineNode;
  state: RunSummary;
  readonly #connection: Connection;
  constructor(state: RunSummary, { timelines, connection }: RunSources) {
    this.run = state.id;
    this.state = state;
    this.timeline = new TimelineNode(state.id, timelines);
    this.#connection = connection;
  }

  item(): vscode.TreeItem {
    const { state } = this;
    const { title, detail } = lineOf(state);
    const ended = isTerminal(state);
    const item = new vscode.TreeItem(
      oneLine(title, 120),
      ended ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded,
    );
    const figures = [span(activeMs(state, Date.now())), costText(state.spent)].join(' · ');
    // Another id once it has ended, so that a tree which remembers what was open folds it then.
    item.id = `run ${state.id}${ended ? ' ended' : ''}`;
    item.description = `#${state.number} · ${oneLine(detail, 80)} · ${figures}`;
    item.contextValue = `run.${state.status}`;
    item.iconPath = iconOf(state);
    item.command = openRun(state.id);
    item.tooltip = labelledTooltip([
      ['Goal', state.task.goal],
      ['Now', detail],
      ['Repository', state.task.repository],
      ['Round', String(state.round)],
      ['Result', changes(state) ?? ''],
      ['Evidence', evidence(state) ?? ''],
      ['Figures', figures],
    ]);
    item.accessibilityInformation = { label: `Run ${state.number}, ${title}, ${state.status}: ${detail}` };
    return item;
  }

  children(): readonly Node[] {
    const { state } = this;
    const call = runningCall(state);
    const soFar = state.soFar !== null;
    const [size, shown] = [changes({ result: state.soFar ?? state.result }), evidence(state)];
    const facts = [
      { label: 'Now', text: call === undefined ? '' : callLine(call.tool, call.arguments), icon: 'terminal' },
      { label: 'Turns', text: turnsText(state), icon: 'comment-discussion' },
    ];
    return [
      ...decisionSummaries(state).map((summary) => new DecisionNode(summary)),
      ...state.plan.map((step, index) => new StepNode(state.id, index, step)),
      ...facts.filter(({ text }) => text !== '').map((fact) => new FactNode(`run ${state.id} ${fact.label}`, fact)),
      ...(size === null ? [] : [new FilesNode(state.id, { text: size, connection: this.#connection, soFar })]),
      ...(shown === null ? [] : [new EvidenceNode(state.id, { text: shown, commands: state.verification })]),
      this.timeline,
    ];
  }
}

const turnsText = ({ spent, budget }: RunSummary): string => {
  const tokens = spent.inputTokens + spent.outputTokens;
  const turns = budget.turns === null ? `${spent.turns}` : `${spent.turns} of ${budget.turns}`;
  const retries = spent.retries === 0 ? '' : `, ${plural(spent.retries, 'retry', 'retries')}`;
  return `${turns}, ${tokens.toLocaleString('en-US')} tokens${retries}`;
};

const iconOf = (state: RunSummary): vscode.ThemeIcon => {
  const icon = (id: string, color?: string): vscode.ThemeIcon =>
    new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
  const failing = checksOf(state).failed > 0;
  switch (state.status) {
    case 'queued':
    case 'ready':
      return icon('circle-large-outline');
    case 'working':
      return icon('loading~spin', 'charts.blue');
    case 'waiting':
      return state.until.kind === 'decision' ? icon('bell-dot', 'notificationsWarningIcon.foreground') : icon('clock');
    case 'reviewing':
      return icon('git-pull-request', failing ? 'testing.iconFailed' : 'charts.blue');
    case 'accepted':
      return failing ? icon('warning', 'testing.iconFailed') : icon('pass-filled', 'testing.iconPassed');
    case 'completed':
      return failing ? icon('warning', 'testing.iconFailed') : icon('pass');
    case 'rejected':
      return icon('circle-slash');
    case 'failed':
      return icon('error', 'testing.iconFailed');
    case 'cancelled':
      return icon('debug-stop');
  }
};
