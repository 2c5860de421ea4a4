import { budgetNames, used, type BudgetName } from '../../../shared/run/budget.ts';
import { isResumable, isTerminal, type RunState } from '../../../shared/run/state.ts';
import { decisionSummaries, lineOf } from '../../../shared/run/summary.ts';
import { taskNotes } from '../../../shared/run/task-notes.ts';
import { span } from '../../../shared/text/figures.ts';
import { activeMs, changes, costFact, evidence } from '../../ground/text/text.ts';
import type { Button, Item, Page, Section } from '../../ground/page/page.ts';
import { actor, clean, cleanLine, visible } from '../../../shared/text/clean.ts';
import { clock, utc } from '../../../shared/text/figures.ts';
import { isTold } from '../../ground/runs/told.ts';
import { headline, isOf, type Moment, type Part } from '../../../shared/run/story/moment.ts';
import { standingVerification, type Story } from '../../../shared/run/story/story.ts';

/** All about a run on one page. `now` is ms since the epoch. */
export const runPage = (state: RunState, story: Story, now: number): Page => ({
  title: cleanLine(`#${state.number} ${state.task.title}`),
  subtitle: cleanLine(`${state.status}: ${lineOf(state).detail}`),
  sections: [
    section('top', '', [factsItem('facts', headFacts(state, now)), ...buttonsItem('actions', runButtons(state))]),
    section('needs', 'Needs you', needsItems(state)),
    section('goal', 'Goal', [{ key: 'goal', kind: 'text', text: visible(state.task.goal.trim()), tone: 'plain' }]),
    section('plan', 'Plan', planItems(state)),
    section('report', 'Report', reportItems(state, story)),
    section('evidence', 'Evidence', evidenceItems(state, story)),
    section('steer', isListening(state) ? 'Steer' : '', steerItems(state)),
    section('timeline', 'Timeline', entries(story.moments.filter(isTold), state.createdAt)),
    section('decisions', 'Decisions', entries(story.moments.filter(isOf('decision')), state.createdAt)),
    section('retries', 'Retries', entries(story.moments.filter(isTrouble), state.createdAt)),
    section('spent', 'Spent', [factsItem('spent', spentFacts(state, now)), ...unpricedItems(state)]),
  ].filter(({ items }) => items.length > 0),
});

const section = (id: string, title: string, items: readonly Item[]): Section => ({ id, title, items });
const factsItem = (key: string, facts: readonly Part[]): Item => ({
  key,
  kind: 'facts',
  facts: facts.filter(({ text }) => text !== ''),
});
const buttonsItem = (key: string, buttons: readonly Button[]): readonly Item[] =>
  buttons.length === 0 ? [] : [{ key, kind: 'buttons', buttons }];

const isTrouble = ({ about }: Moment): boolean => about.kind === 'retry' || about.kind === 'delay';

/** Moments as rows; their texts and outputs are sent when a row is opened. */
export const entries = (moments: readonly Moment[], createdAt: string): readonly Item[] =>
  moments.map((moment) => ({
    key: moment.key,
    kind: 'entry',
    at: clock(Date.parse(moment.at) - Date.parse(createdAt)),
    mark: moment.mark,
    text: `${moment.about.kind === 'call' ? `[${moment.about.call.number}] ` : ''}${headline(moment)}`,
    detail: moment.detail,
    more: moment.parts.length > 0 || moment.blob !== null,
  }));

const headFacts = (state: RunState, now: number): readonly Part[] => {
  const { source } = state.task;
  const branch = source.branch === null ? '' : ` (${cleanLine(source.branch)})`;
  return [
    {
      label: 'Repository',
      text: `${cleanLine(state.task.repository)} at ${source.commit.slice(0, 12)}${branch}${source.dirty ? ', with uncommitted changes' : ''}`,
    },
    {
      label: 'Delegated',
      text: `${utc(state.createdAt)} by ${actor(state.task.requester)}`,
    },
    ...state.task.loosened.map(({ what, from, to, by }) => ({
      label: 'Loosened',
      text: cleanLine(`${what}: ${from} → ${to}, by ${actor(by)}`),
    })),
    ...taskNotes(state.task).map((note) => ({ label: 'Note', text: cleanLine(note) })),
    { label: 'Round', text: state.round === 1 ? '' : String(state.round) },
    { label: 'Worked', text: span(activeMs(state, now)) },
    { label: 'Cost', text: costFact(state.spent) },
    { label: 'Result', text: changes(state) ?? '' },
    { label: 'Checks', text: evidence(state) ?? '' },
    { label: 'Failure', text: state.status === 'failed' ? `${state.class}: ${cleanLine(state.message)}` : '' },
  ];
};

const runButtons = (state: RunState): readonly Button[] => {
  const button = (command: string, label: string, primary = false): Button => ({
    id: command,
    label,
    primary,
    action: { command, argument: { run: state.id } },
  });
  return [
    ...(state.result === null ? [] : [button('longhaul.review', 'Open Diff', state.status === 'reviewing')]),
    ...(state.result !== null && (state.status === 'reviewing' || state.status === 'accepted')
      ? [button('longhaul.applyAccepted', 'Apply…')]
      : []),
    ...(state.status === 'reviewing' ? [button('longhaul.requestChanges', 'Request Changes…')] : []),
    ...(isTerminal(state) ? [] : [button('longhaul.cancelRun', 'Cancel Run…')]),
    ...(isResumable(state) ? [button('longhaul.resumeRun', 'Resume from Last Checkpoint')] : []),
  ];
};

const needsItems = (state: RunState): readonly Item[] =>
  decisionSummaries(state).flatMap((summary) => {
    const { request, status } = summary;
    const argument = { run: state.id, decision: request.id };
    return [
      {
        key: `ask ${request.id}`,
        kind: 'text' as const,
        text: visible(request.action),
        tone: status === 'expired' ? ('warning' as const) : ('plain' as const),
      },
      ...buttonsItem(`decide ${request.id}`, [
        {
          id: `open ${request.id}`,
          label: status === 'expired' ? 'Expired: See What Was Asked' : 'Look and Decide',
          primary: true,
          action: { command: 'longhaul.openDecision', argument },
        },
      ]),
    ];
  });

export const planItems = (state: RunState): readonly Item[] =>
  state.plan.map((step, index) => ({
    key: `step ${index}`,
    kind: 'step',
    text: cleanLine(step.text),
    status: step.status,
  }));

const reportItems = (state: RunState, story: Story): readonly Item[] =>
  state.report === null
    ? []
    : [
        { key: 'summary', kind: 'text', text: clean(state.report.summary.trim()), tone: 'plain' },
        ...state.report.claims.map((claim, index): Item => ({
          key: `claim ${index}`,
          kind: 'claim',
          text: cleanLine(claim.text),
          calls: claim.calls.map((id) => {
            const moment = story.call(id);
            return moment === undefined
              ? { label: 'a call that is not in the log', target: null, ok: false }
              : {
                  label: `[${moment.about.call.number}] ${moment.text}${moment.detail === '' ? '' : `, ${moment.detail}`}`,
                  target: moment.key,
                  ok: moment.mark === 'ok',
                };
          }),
        })),
      ];

/** The commands that Longhaul itself ran on the final tree of this round; a missing one is said. */
const evidenceItems = (state: RunState, story: Story): readonly Item[] => {
  const ran = standingVerification(story);
  if (ran.length > 0) return entries(ran, state.createdAt);
  if (state.result === null) return [];
  const text =
    state.task.verification.length === 0
      ? 'No verification command was given, so nothing shows that it works.'
      : 'None was recorded in this round.';
  return [{ key: 'none', kind: 'text', text, tone: 'warning' }];
};

/** The agent reads messages while a round is under way. */
const isListening = (state: RunState): boolean => !isTerminal(state) && state.status !== 'reviewing';
const steerItems = (state: RunState): readonly Item[] =>
  isListening(state)
    ? [
        {
          key: 'composer',
          kind: 'composer',
          label: 'Message to the agent',
          placeholder: 'It reads the message before its next turn',
        },
      ]
    : [];

const labels: Record<BudgetName, string> = {
  turns: 'Turns',
  tokens: 'Tokens',
  usd: 'Cost',
  activeMinutes: 'Worked',
  toolMinutes: 'In commands',
  retries: 'Retries',
};

/** What was used of each budget. */
export const spentFacts = (state: RunState, now: number): readonly Part[] => {
  const { spent, budget } = state;
  const usage = used(spent);
  const shown: Record<BudgetName, string> = {
    turns: String(usage.turns),
    tokens: `${spent.inputTokens.toLocaleString('en')} in, ${spent.outputTokens.toLocaleString('en')} out`,
    usd: costFact(spent),
    activeMinutes: span(activeMs(state, now)),
    toolMinutes: span(spent.toolMs),
    retries: `${spent.retries} in all, ${usage.retries} in a row`,
  };
  return budgetNames.map((name) => {
    const limit = budget[name];
    const unit =
      name === 'usd' ? `$${limit}` : `${limit?.toLocaleString('en')}${name.endsWith('Minutes') ? ' min' : ''}`;
    return { label: labels[name], text: `${shown[name]} ${limit === null ? '(no limit)' : `of ${unit}`}` };
  });
};

const unpricedItems = ({ spent }: RunState): readonly Item[] =>
  spent.unpriced === 0
    ? []
    : [
        {
          key: 'unpriced',
          kind: 'text',
          text: `What ${spent.unpriced} of the model calls cost is unknown, and not in the figure above.`,
          tone: 'dim',
        },
      ];
