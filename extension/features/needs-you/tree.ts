import { t } from '@vscode/l10n';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { isResumable } from '../../../shared/run/state.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import type { End } from '../../ground/runs/ends.ts';
import { card, createTree, factNodes, openRun, type Node, type Tree } from '../../ground/node/node.ts';
import { decisionNode } from '../../ground/node/decision-node.ts';
import { rowContext } from '../../ground/runs/row-context.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import {
  changes,
  costFact,
  evidence,
  handedOver,
  labelCharacters,
  repositoryName,
  titleOf,
} from '../../ground/text/text.ts';
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
  const { size, shown } = handedOver(state);
  return {
    run,
    row: () => ({
      id,
      label: titleOf({ number: state.number, title: task.title }, labelCharacters),
      description: [repositoryName(task.repository), t('to review: {0}', size), shown].filter(Boolean).join(' · '),
      contextValue: rowContext(state),
      icon: ['git-pull-request', 'charts.blue'],
      command: openRun(run),
      tooltip: card(`#${state.number} ${task.title}`, {
        [t('Goal')]: oneLine(task.goal, 600),
        [t('Repository')]: task.repository,
        [t('Result')]: size,
        [t('Evidence')]: shown,
        [t('Round')]: String(round),
      }),
      said: t(
        'Review of run {0}, {1}, in {2}: {3}',
        state.number,
        task.title,
        repositoryName(task.repository),
        [size, shown].filter(Boolean).join(', '),
      ),
    }),
    children: () =>
      factNodes(id, {
        [t('Report')]: { text: report?.summary ?? '', icon: 'note' },
        [t('Result')]: { text: changes(state) ?? '', icon: 'diff-multiple' },
        [t('Evidence')]: { text: evidence(state) ?? '', icon: 'beaker' },
        [t('Cost')]: { text: costFact(spent), icon: 'credit-card' },
      }),
  };
};

const wayOn = t('Resume from Last Checkpoint has it go on where it was; its page says what happened.');

/** An end that nobody has seen: a click shows the run's page, and then it is seen. */
const endNode = (end: End): Node & { readonly run: string } => {
  const { id: run, task, round, status, spent } = end;
  const id = `end ${run} ${end.at}`;
  const text = endText(end);
  const facts = {
    ...(end.status === 'failed' ? { [t('Class')]: end.class, [t('Cause')]: end.message } : { [t('Result')]: text }),
    [t('Evidence')]: evidence(end) ?? '',
    [t('Then')]: isResumable(end) ? wayOn : '',
    [t('Round')]: round === 1 ? '' : String(round),
    [t('Cost')]: costFact(spent),
  };
  return {
    run,
    row: () => ({
      id,
      label: titleOf({ number: end.number, title: task.title }, labelCharacters),
      description: [
        repositoryName(task.repository),
        end.status === 'failed'
          ? t('failed: {0}', oneLine(`${end.class}: ${end.message}`, 120))
          : t('finished: {0}', oneLine(text, 120)),
      ].join(' · '),
      contextValue: `run.${status}`,
      icon: status === 'failed' ? ['error', 'testing.iconFailed'] : ['pass'],
      command: openRun(run),
      tooltip: card(`#${end.number} ${task.title}`, {
        [t('Goal')]: oneLine(task.goal, 600),
        [t('Repository')]: task.repository,
        ...facts,
      }),
      said: t('Not seen yet: {0}, {1}. Run {2} in {3}.', task.title, text, end.number, repositoryName(task.repository)),
    }),
    children: () =>
      factNodes(id, Object.fromEntries(Object.entries(facts).map(([label, fact]) => [label, factOf(label, fact)]))),
  };
};

const factIcons: Readonly<Record<string, string>> = {
  [t('Class')]: 'tag',
  [t('Cause')]: 'info',
  [t('Then')]: 'arrow-right',
  [t('Evidence')]: 'beaker',
  [t('Cost')]: 'credit-card',
};

const factOf = (label: string, text: string) => ({ text, icon: factIcons[label] ?? 'note' });
