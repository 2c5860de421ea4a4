import type { RunSummary } from '../../../shared/run/summary.ts';
import { isResumable } from '../../../shared/run/state.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import type { End } from '../../ground/runs/ends.ts';
import { card, createTree, factNodes, openRun, type Node, type Tree } from '../../ground/node/node.ts';
import { decisionNode } from '../../ground/node/decision-node.ts';
import { changes, costFact, evidence, labelCharacters, oneLine, repositoryName } from '../../ground/text/text.ts';
import { endText } from './end-text.ts';
import { needsOf } from './needs.ts';

/** What waits for a person: decisions, the most urgent first, then finished work; then ends that nobody has seen. */
export const needsYouTree = (longhaul: Pick<Longhaul, 'runs' | 'unseen' | 'applied' | 'pending'>): Tree =>
  createTree(
    () => {
      const { decisions, reviews, ends } = needsOf(longhaul);
      return [
        ...decisions.map((open) => decisionNode(open, longhaul.runs.get(open.run) ?? null)),
        ...reviews.map(reviewNode),
        ...ends.map(endNode),
      ];
    },
    (run) => longhaul.pending.isSlow(run),
  );

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
      label: oneLine(task.title, labelCharacters),
      description: `${repositoryName(task.repository)} · #${state.number} · to review: ${size} · ${shown}`,
      contextValue: 'run.reviewing',
      icon: ['git-pull-request', 'charts.blue'],
      command: openRun(run),
      tooltip: card(`#${state.number} ${task.title}`, {
        Goal: oneLine(task.goal, 600),
        Repository: task.repository,
        Result: size,
        Evidence: shown,
        Round: String(round),
      }),
      said: `Review of run ${state.number}, ${task.title}, in ${repositoryName(task.repository)}: ${size}, ${shown}`,
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

const wayOn = 'Resume from Last Checkpoint has it go on where it was; its page says what happened.';

/** An end that nobody has seen: a click shows the run's page, and then it is seen. */
const endNode = (end: End): Node & { readonly run: string } => {
  const { id: run, task, round, status, spent } = end;
  const id = `end ${run} ${end.at}`;
  const text = endText(end);
  const facts = {
    ...(end.status === 'failed' ? { Class: end.class, Cause: end.message } : { Result: text }),
    Evidence: evidence(end) ?? '',
    Then: isResumable(end) ? wayOn : '',
    Round: round === 1 ? '' : String(round),
    Cost: costFact(spent),
  };
  return {
    run,
    row: () => ({
      id,
      label: oneLine(task.title, labelCharacters),
      description: `${repositoryName(task.repository)} · #${end.number} · ${status === 'failed' ? 'failed' : 'finished'}: ${oneLine(end.status === 'failed' ? `${end.class}: ${end.message}` : text, 120)}`,
      contextValue: `run.${status}`,
      icon: status === 'failed' ? ['error', 'testing.iconFailed'] : ['pass'],
      command: openRun(run),
      tooltip: card(`#${end.number} ${task.title}`, {
        Goal: oneLine(task.goal, 600),
        Repository: task.repository,
        ...facts,
      }),
      said: `Not seen yet: ${task.title}, ${text}. Run ${end.number} in ${repositoryName(task.repository)}.`,
    }),
    children: () =>
      factNodes(id, Object.fromEntries(Object.entries(facts).map(([label, fact]) => [label, factOf(label, fact)]))),
  };
};

const factIcons: Readonly<Record<string, string>> = {
  Class: 'tag',
  Cause: 'info',
  Then: 'arrow-right',
  Evidence: 'beaker',
  Cost: 'credit-card',
};

const factOf = (label: string, text: string) => ({ text, icon: factIcons[label] ?? 'note' });
