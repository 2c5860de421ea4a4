import type { PlanStep } from '../../../shared/run/events.ts';
import { decisionSummaries, lineOf, type RunSummary } from '../../../shared/run/summary.ts';
import { checksOf, isTerminal, pausedBy, runningCall } from '../../../shared/run/state.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { decisionNode } from '../../ground/node/decision-node.ts';
import {
  factNodes,
  labelledTooltip,
  openRun,
  plainTooltip,
  type Icon,
  type Node,
  type Row,
} from '../../ground/node/node.ts';
import { callLine } from '../../../shared/policy/call-line.ts';
import { plural, span } from '../../../shared/text/figures.ts';
import { activeMs, changes, costText, evidence, oneLine } from '../../ground/text/text.ts';
import { changedFileNodes } from './changed-files.ts';
import { evidenceNodes } from './evidence.ts';
import { timelineNode, type OpenTimelines } from './timeline.ts';

/** Where a run's rows get what its state does not hold. */
export interface RunSources {
  readonly timelines: OpenTimelines;
  readonly connection: Connection;
}

/** One run: what it is at now; its children are its decisions, its plan, its result with its evidence, its timeline and its figures. */
export interface RunNode extends Node {
  readonly run: string;
  /** The same one for as long as the run's row is there: VS Code knows rows by their objects. */
  readonly timeline: Node;
  state: RunSummary;
}

export const runNode = (first: RunSummary, { timelines, connection }: RunSources): RunNode => {
  const node: RunNode = {
    run: first.id,
    state: first,
    timeline: timelineNode(first.id, timelines),
    row: () => rowOf(node.state),
    children: () => [
      ...decisionSummaries(node.state).map(decisionNode),
      ...node.state.plan.map((step, index) => stepNode(first.id, index, step)),
      ...factNodes(`run ${first.id}`, figuresOf(node.state)),
      ...changedFileNodes(node.state, connection),
      ...evidenceNodes(node.state),
      node.timeline,
    ],
  };
  return node;
};

const rowOf = (state: RunSummary): Row => {
  const { title, detail } = lineOf(state);
  const ended = isTerminal(state);
  const figures = [span(activeMs(state, Date.now())), costText(state.spent)].join(' · ');
  return {
    // Another id once it has ended, so that a tree which remembers what was open folds it then.
    id: `run ${state.id}${ended ? ' ended' : ''}`,
    label: oneLine(title, 120),
    unfolded: !ended,
    description: `#${state.number} · ${oneLine(detail, 80)} · ${figures}`,
    contextValue: pausedBy(state) === null ? `run.${state.status}` : 'run.paused',
    icon: iconOf(state),
    command: openRun(state.id),
    tooltip: labelledTooltip({
      Goal: state.task.goal,
      Now: detail,
      Repository: state.task.repository,
      Round: String(state.round),
      Result: changes(state) ?? '',
      Evidence: evidence(state) ?? '',
      Figures: figures,
    }),
    said: `Run ${state.number}, ${title}, ${state.status}: ${detail}`,
  };
};

const figuresOf = (state: RunSummary) => {
  const call = runningCall(state);
  return {
    Now: { text: call === undefined ? '' : callLine(call.tool, call.arguments), icon: 'terminal' },
    Turns: { text: turnsText(state), icon: 'comment-discussion' },
  };
};

const stepIcons = {
  pending: ['circle-outline'],
  active: ['arrow-circle-right', 'charts.blue'],
  done: ['check', 'testing.iconPassed'],
} as const;

/** A step of the agent's plan. */
const stepNode = (run: string, index: number, { text, status }: PlanStep): Node => ({
  row: () => ({
    id: `run ${run} step ${index}`,
    label: oneLine(text, 160),
    icon: stepIcons[status],
    tooltip: plainTooltip(text),
    said: `Plan step ${index + 1}, ${status}: ${text}`,
  }),
});

const turnsText = ({ spent, budget }: RunSummary): string => {
  const tokens = spent.inputTokens + spent.outputTokens;
  const turns = budget.turns === null ? `${spent.turns}` : `${spent.turns} of ${budget.turns}`;
  const retries = spent.retries === 0 ? '' : `, ${plural(spent.retries, 'retry', 'retries')}`;
  return `${turns}, ${tokens.toLocaleString('en-US')} tokens${retries}`;
};

const iconOf = (state: RunSummary): Icon => {
  if (pausedBy(state) !== null) return ['debug-pause', 'charts.yellow'];
  const failing = checksOf(state).failed > 0;
  switch (state.status) {
    case 'queued':
    case 'ready':
      return ['circle-large-outline'];
    case 'working':
      return ['loading~spin', 'charts.blue'];
    case 'waiting':
      return state.until.kind === 'decision' ? ['bell-dot', 'notificationsWarningIcon.foreground'] : ['clock'];
    case 'reviewing':
      return ['git-pull-request', failing ? 'testing.iconFailed' : 'charts.blue'];
    case 'accepted':
      return failing ? ['warning', 'testing.iconFailed'] : ['pass-filled', 'testing.iconPassed'];
    case 'completed':
      return failing ? ['warning', 'testing.iconFailed'] : ['pass'];
    case 'rejected':
      return ['circle-slash'];
    case 'failed':
      return ['error', 'testing.iconFailed'];
    case 'cancelled':
      return ['debug-stop'];
  }
};
