import { t } from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { PlanStep } from '../../../shared/run/events.ts';
import { decisionSummaries, type RunSummary } from '../../../shared/run/summary.ts';
import { archivedBy, checksOf, isTerminal, pausedBy, runningCall } from '../../../shared/run/state.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { decisionNode } from '../../ground/node/decision-node.ts';
import { factNodes, card, openRun, plainTooltip, type Icon, type Node, type Row } from '../../ground/node/node.ts';
import { statusIcon } from '../../ground/runs/status-icon.ts';
import { callLine } from '../../../shared/policy/call-line.ts';
import { span } from '../../../shared/text/figures.ts';
import { rowContext } from '../../ground/runs/row-context.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { activeMs, changes, costText, detailOf, evidence, repositoryName, titleOf } from '../../ground/text/text.ts';
import { actor } from '../../../shared/text/clean.ts';
import { rowText } from './row-text.ts';
import { changedFileNodes } from './changed-files.ts';
import { evidenceNodes } from './evidence.ts';
import { timelineNode, type OpenTimelines } from './timeline.ts';

/** Where a run's rows get what its state does not hold. */
export interface RunSources {
  readonly timelines: OpenTimelines;
  readonly connection: Connection;
  /** They stand in a group of their repository, which the rows need not name. */
  readonly ofOneRepository: boolean;
}

/** One run: what it is at now; its children are its decisions, its plan, its result with its evidence, its timeline and its figures. */
export interface RunNode extends Node {
  readonly run: string;
  /** The same one for as long as the run's row is there: VS Code knows rows by their objects. */
  readonly timeline: Node;
  state: RunSummary;
}

export const runNode = (first: RunSummary, { timelines, connection, ofOneRepository }: RunSources): RunNode => {
  const node: RunNode = {
    run: first.id,
    state: first,
    timeline: timelineNode(first.id, timelines),
    row: () => rowOf(node.state, !ofOneRepository),
    children: () => [
      ...decisionSummaries(node.state).map((open) => decisionNode(open, null)),
      ...node.state.plan.map((step, index) => stepNode(first.id, index, step)),
      ...factNodes(`run ${first.id}`, figuresOf(node.state)),
      ...changedFileNodes(node.state, connection),
      ...evidenceNodes(node.state),
      node.timeline,
    ],
  };
  return node;
};

const rowOf = (state: RunSummary, repository: boolean): Row => {
  const { title } = state.task;
  const detail = detailOf(state);
  const ended = isTerminal(state);
  return {
    // Another id once it has ended, so that a tree which remembers what was open folds it then.
    id: `run ${state.id}${ended ? ' ended' : ''}`,
    label: titleOf({ number: state.number, title }, 60),
    unfolded: !ended,
    description: rowText(state, { now: Date.now(), repository }),
    contextValue: rowContext(state),
    icon: iconOf(state),
    command: openRun(state.id),
    tooltip: cardOf(state),
    said: t(
      'Run {0}, {1}, {2}: {3}. In {4}.',
      state.number,
      title,
      state.status,
      detail,
      repositoryName(state.task.repository),
    ),
  };
};

/** What a run is and how far it has come, for whoever rests on its row. */
const cardOf = (state: RunSummary): vscode.MarkdownString =>
  card(`#${state.number} ${state.task.title}`, {
    [t('State')]: `${state.status}: ${detailOf(state)}`,
    [t('Goal')]: oneLine(state.task.goal, goalCharacters),
    [t('Repository')]: state.task.repository,
    [t('Recipe')]: state.task.recipe ?? '',
    [t('Round')]: state.round === 1 ? '' : String(state.round),
    [t('Spent')]: [costText(state.spent), turnsText(state), span(activeMs(state, Date.now()))].join(' · '),
    [t('Checks')]: evidence(state) ?? '',
    [t('Result')]: changes(state) ?? '',
    [t('Archived')]: archivedBy(state) === null ? '' : t('by {0}', actor(archivedBy(state) ?? '')),
  });

/** Characters of a goal on a card. */
const goalCharacters = 600;

const figuresOf = (state: RunSummary) => {
  const call = runningCall(state);
  return {
    [t('Now')]: { text: call === undefined ? '' : callLine(call.tool, call.arguments), icon: 'terminal' },
    [t('Turns')]: { text: turnsText(state), icon: 'comment-discussion' },
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
    said: t('Plan step {0}, {1}: {2}', index + 1, status, text),
  }),
});

const turnsText = ({ spent, budget }: RunSummary): string => {
  const tokens = spent.inputTokens + spent.outputTokens;
  const done = spent.turns === 1 ? t('1 turn') : t('{0} turns', spent.turns);
  const turns = budget.turns === null ? done : t('{0} of {1} turns', spent.turns, budget.turns);
  const retries = spent.retries === 0 ? '' : spent.retries === 1 ? t('1 retry') : t('{0} retries', spent.retries);
  return [turns, t('{0} tokens', tokens.toLocaleString('en-US')), retries].filter(Boolean).join(', ');
};

const iconOf = (state: RunSummary): Icon => {
  if (pausedBy(state) !== null) return ['debug-pause', 'charts.yellow'];
  if (state.status === 'waiting' && state.until.kind === 'decision')
    return ['bell-dot', 'notificationsWarningIcon.foreground'];
  return statusIcon(state.status, checksOf(state).failed > 0);
};
