import type { RunSummary } from '../../../shared/run/summary.ts';
import type { Runs } from '../../ground/runs/runs.ts';
import { createTree, factNodes, labelledTooltip, openRun, type Node, type Tree } from '../../ground/node/node.ts';
import { decisionNode } from '../../ground/node/decision-node.ts';
import { changes, costFact, evidence, oneLine } from '../../ground/text/text.ts';

/** What waits for a person: decisions, the most urgent first, then finished work. */
export const needsYouTree = (runs: Runs): Tree =>
  createTree(() => [...runs.decisions().map(decisionNode), ...reviewsOf(runs).map(reviewNode)]);

/** How many things wait: what the badge says. */
export const waitingFor = (runs: Runs): number => runs.decisions().length + reviewsOf(runs).length;

const reviewsOf = (runs: Runs): readonly RunSummary[] => runs.all().filter(({ status }) => status === 'reviewing');

/** Finished work that waits for a verdict. */
const reviewNode = (state: RunSummary): Node & { readonly run: string } => {
  const { id: run, task, round, report, spent } = state;
  const id = `review ${run} ${round}`;
  const size = changes(state) ?? 'no changes';
  const shown = evidence(state) ?? 'not verified';
  return {
    run,
    row: () => ({
      id,
      label: `Review: ${oneLine(task.title, 120)}`,
      description: `${size} · ${shown}`,
      contextValue: 'run.reviewing',
      icon: ['git-pull-request', 'charts.blue'],
      command: openRun(run),
      tooltip: labelledTooltip({
        Goal: task.goal,
        Result: size,
        Evidence: shown,
        Round: String(round),
      }),
      said: `Review of ${task.title}: ${size}, ${shown}`,
    }),
    children: () =>
      factNodes(id, {
        Report: { text: report?.summary ?? '', icon: 'note' },
        Result: { text: changes(state) ?? '', icon: 'diff-multiple' },
        Evidence: { text: evidence(state) ?? '', icon: 'beaker' },
        Cost: { text: costFact(spent), icon: 'credit-card' },
      }),
  };
};
