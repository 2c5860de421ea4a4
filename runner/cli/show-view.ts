import { isOf, type Moment, type MomentOf } from '../../shared/run/story/moment.ts';
import { standingVerification, type Story } from '../../shared/run/story/story.ts';
import type { MarkedFile } from '../../shared/review/caution.ts';
import type { CommandCoverage } from '../../shared/review/coverage.ts';
import { budgetNames, used } from '../../shared/run/budget.ts';
import { imageKind, type AttachedImage } from '../../shared/run/image.ts';
import { archivedBy, checksOf, isResumable, pausedBy, isTerminal, type RunState } from '../../shared/run/state.ts';
import { lineOf } from '../../shared/run/summary.ts';
import { taskNotes } from '../../shared/run/task-notes.ts';
import type { GivenOutput } from '../../shared/run/output.ts';
import { cautionLines } from './cautions-view.ts';
import { bytes, cost, count, duration, utc, plural, span } from '../../shared/text/figures.ts';
import { coverageView } from './coverage-view.ts';
import type { Paint } from './paint.ts';
import { statusWord } from './runs-view.ts';
import { actor, clean, cleanLine } from '../../shared/text/clean.ts';
import { indent } from './text.ts';
import { momentLine } from './timeline.ts';

export interface ShowOptions {
  /** ms since the epoch */
  readonly now: number;
  readonly paint: Paint;
  /** Print what calls gave back, too. */
  readonly calls: boolean;
  /** What the command that runs has printed so far; null: nobody knows of any. */
  readonly printed: string | null;
  /** What was handed over in the round at hand, with its texts; null: nothing, or it is what changed. */
  readonly output: GivenOutput | null;
  /** Files of what it changed that are not to be overlooked. */
  readonly cautions: readonly MarkedFile[];
  /** What verification commands were seen to run of it. */
  readonly coverage: readonly CommandCoverage[];
}

/** Lines of a failed command's output that are shown: the end says what went wrong. */
const failedLines = 20;

/** Lines of a running command's output that are shown: its last. */
const liveLines = 20;

/** Everything about a run on one page: what was asked, what happened, what shows it, what to do now. */
export const showView = (state: RunState, story: Story, options: ShowOptions): string => {
  const sections = [
    header(state, options),
    section('Goal', clean(state.task.goal).trim(), options),
    section('Plan', planText(state), options),
    section('Needs you', waitingText(state, options), options),
    section('Changed so far', changesText(state.soFar), options),
    section('What happened', callsText(story, options), options),
    section(
      'Printed so far',
      clean(options.printed ?? '')
        .trimEnd()
        .split('\n')
        .slice(-liveLines)
        .join('\n'),
      options,
    ),
    section('Setup', setupText(story, options), options),
    section('Decisions', decisionsText(story, options), options),
    section('Messages', messagesText(story), options),
    section('Report', reportText(state, story, options), options),
    section('Evidence', evidenceText(state, story, options), options),
    section('Result', resultText(state, options), options),
    section('Look at closely', cautionLines(options.cautions, options.paint).slice(1).join('\n'), options),
    section('Changed lines that verification ran', coverageView(options.coverage, options.paint).join('\n'), options),
    section('Reviews', reviewsText(story), options),
    section('Applied', dated(story, isOf('application'), options), options),
    section('Retries', dated(story, isOf('retry'), options), options),
    section('Spent', spentText(state), options),
    section('Next', nextSteps(state).join('\n'), options),
  ];
  return sections.filter(Boolean).join('\n\n');
};

const section = (title: string, body: string, { paint }: ShowOptions): string =>
  body === '' ? '' : `${paint.bold(title)}\n${indent(body, '  ')}`;

const header = (state: RunState, { now, paint }: ShowOptions): string => {
  const summary = lineOf(state);
  const { task } = state;
  const failing = ['reviewing', 'accepted', 'completed'].includes(state.status) && checksOf(state).failed > 0;
  const from = `${task.source.commit.slice(0, 12)}${task.source.branch === null ? '' : ` (${cleanLine(task.source.branch)})`}`;
  return [
    `${paint.bold(`#${state.number} ${cleanLine(task.title)}`)}  ${statusWord(state.status, paint, failing)}${state.status === 'failed' ? '' : `: ${cleanLine(summary.detail)}`}`,
    `  ${paint.dim('id        ')} ${state.id}${state.round > 1 ? `, round ${state.round}` : ''}`,
    `  ${paint.dim('repository')} ${cleanLine(task.repository)} at ${from}${task.source.dirty ? ' with uncommitted changes' : ''}`,
    ...archived(state, paint),
    ...task.images.map((image) => `  ${paint.dim('image     ')} ${imageText(image)}`),
    ...(task.recipe === null ? [] : [`  ${paint.dim('recipe    ')} ${cleanLine(task.recipe)}`]),
    ...(task.subject === null
      ? []
      : [
          `  ${paint.dim('about     ')} ${cleanLine(`${task.subject.kind} ${task.subject.number} of ${task.subject.remote}`)}`,
        ]),
    `  ${paint.dim('delegated ')} ${utc(state.createdAt)} (${span(now - Date.parse(state.createdAt))} ago) by ${actor(task.requester)}`,
    ...task.loosened.map(
      ({ what, from, to, by }) =>
        `  ${paint.dim('loosened  ')} ${cleanLine(`${what}: ${from} → ${to}, by ${actor(by)}`)}`,
    ),
    ...taskNotes(task).map((note) => `  ${paint.dim('note      ')} ${cleanLine(note)}`),
    ...failure(state, paint),
  ].join('\n');
};

const imageText = ({ name, mediaType, bytes: size }: AttachedImage): string =>
  cleanLine(`${name} (${imageKind(mediaType)}, ${bytes(size)})`);

const archived = (state: RunState, paint: Paint): readonly string[] => {
  const by = archivedBy(state);
  return by === null
    ? []
    : [
        `  ${paint.dim('archived  ')} by ${actor(by)}: lists leave it out. Back into them: longhaul unarchive ${state.number}`,
      ];
};

const remedies: Record<Extract<RunState, { status: 'failed' }>['class'], string> = {
  infrastructure: 'The machine or the runner was at fault. Check it with: longhaul doctor. Then delegate again.',
  model: 'The model endpoint was at fault. Check it with: longhaul doctor. Then delegate again.',
  budget: 'Its budget was used up. Delegate again with more: --budget turns=120,usd=20',
  policy: 'Policy did not allow what it needed. Change the policy (--policy) or the goal, and delegate again.',
  task: 'The task itself did not work out. What happened is below; delegate again with a clearer goal.',
};

const failure = (state: RunState, paint: Paint): readonly string[] =>
  state.status === 'failed'
    ? [
        `  ${paint.dim('failure   ')} ${paint.red(state.class)}: ${cleanLine(state.message)}`,
        `  ${paint.dim('remedy    ')} ${remedies[state.class]}`,
      ]
    : [];

const marks = { pending: '[ ]', active: '[>]', done: '[x]' } as const;
const planText = (state: RunState): string =>
  state.plan.map((step) => `${marks[step.status]} ${cleanLine(step.text)}`).join('\n');

const waitingText = (state: RunState, { paint }: ShowOptions): string =>
  isTerminal(state)
    ? ''
    : Object.values(state.decisions)
        .filter((open) => open.status !== 'decided')
        .map((open) => `${paint.yellow(cleanLine(open.request.action))}\n  longhaul decisions ${open.request.id}`)
        .join('\n');

const callsText = ({ moments }: Story, options: ShowOptions): string => {
  let turn = -1;
  return moments
    .filter(isOf('call'))
    .flatMap((moment) => {
      const { call } = moment.about;
      const head = call.turn === turn ? [] : [options.paint.dim(`turn ${call.turn}`)];
      turn = call.turn;
      const output = call.finished?.output.trimEnd() ?? '';
      return [
        ...head,
        `  ${numbered(moment, options)}`,
        ...(options.calls && output !== '' ? [indent(clean(output), '        ')] : []),
      ];
    })
    .join('\n');
};

const numbered = (moment: MomentOf<'call'>, { paint }: ShowOptions): string =>
  `${paint.dim(`[${moment.about.call.number}]`)} ${momentLine(moment, paint)}`;

/** Moments of a kind, each with its time. */
const dated = ({ moments }: Story, among: (moment: Moment) => boolean, { paint }: ShowOptions): string =>
  moments
    .filter(among)
    .map((moment) => `${utc(moment.at)}  ${momentLine(moment, paint)}`)
    .join('\n');

const messagesText = ({ moments }: Story): string =>
  moments
    .filter(isOf('message'))
    .map(({ at, text, said }) => `${utc(at)}  ${text}: ${said}`)
    .join('\n');

const setupText = ({ moments }: Story, options: ShowOptions): string =>
  moments
    .filter(isOf('command'))
    .filter(({ about }) => about.command.phase === 'setup')
    .map((moment) => commandText(moment, options))
    .join('\n');

const commandText = (moment: MomentOf<'command'>, { paint, calls }: ShowOptions): string => {
  const ok = moment.mark === 'ok';
  const lines = clean(moment.about.command.output).trimEnd().split('\n');
  const shown = calls ? lines : ok ? [] : lines.slice(-failedLines);
  const left = lines.length - shown.length;
  return [
    momentLine(moment, paint),
    ...(left > 0 && shown.length > 0
      ? [`    ${paint.dim(`… ${plural(left, 'line')} before; all of it: --calls`)}`]
      : []),
    ...shown.map((line) => `    ${line}`.trimEnd()),
  ].join('\n');
};

const decisionsText = ({ moments }: Story, options: ShowOptions): string =>
  moments
    .filter(isOf('decision'))
    .map((moment) => decisionText(moment, options))
    .join('\n');

const decisionText = ({ about, detail, mark }: MomentOf<'decision'>, { paint }: ShowOptions): string => {
  const { request, requestedAt, made } = about.decision;
  const when =
    made === null ? '' : `, ${utc(made.at)} (after ${duration(Date.parse(made.at) - Date.parse(requestedAt))})`;
  const colour = mark === 'ok' ? paint.green : mark === 'bad' ? paint.red : paint.yellow;
  return `${paint.dim(request.id)}  ${cleanLine(request.action)}\n  ${colour(detail)}${when}`;
};

/** Each claim with the calls that show it, and how those ended: a claim without a call that worked is marked. */
const reportText = (state: RunState, story: Story, options: ShowOptions): string => {
  if (state.report === null) return '';
  const claims = state.report.claims.map((claim) => {
    const shown = claim.calls.map((id) => {
      const call = story.call(id);
      return call === undefined ? options.paint.red('a call that is not in the log') : numbered(call, options);
    });
    return [`- ${cleanLine(claim.text)}`, ...shown.map((line) => `    ${line}`)].join('\n');
  });
  return [clean(state.report.summary).trim(), ...claims].join('\n');
};

const evidenceText = (state: RunState, story: Story, options: ShowOptions): string => {
  const ran = standingVerification(story);
  if (ran.length > 0) return ran.map((moment) => commandText(moment, options)).join('\n');
  if (state.task.verification.length > 0) return state.result === null ? '' : 'None was recorded in this round.';
  if (state.task.output.kind !== 'diff') return '';
  return state.result === null ? '' : 'No verification command was given, so nothing shows that it works: --verify "…"';
};

/** What is handed over: what changed, or what the agent says. */
const resultText = (state: RunState, { output }: ShowOptions): string => {
  if (state.task.output.kind === 'diff') return changesText(state.result);
  if (output === null) return '';
  const { tree } = state;
  const left = tree.status === 'prepared' && tree.head.tree !== tree.base.tree;
  return [
    ...outputLines(output),
    ...(left ? ['', 'It changed files in its copy as well: they are no part of the result.'] : []),
  ].join('\n');
};

const outputLines = (output: GivenOutput): readonly string[] => {
  switch (output.kind) {
    case 'labels':
      return [output.labels.length === 0 ? 'No label fits.' : `Labels: ${output.labels.map(cleanLine).join(', ')}`];
    case 'report':
    case 'comment':
      return [clean(output.text).trim()];
    case 'issue':
      return [`Title: ${cleanLine(output.title)}`, '', clean(output.text).trim()];
    case 'release':
      return [`Tag:   ${cleanLine(output.tag)}`, `Title: ${cleanLine(output.title)}`, '', clean(output.text).trim()];
  }
};

const changesText = (changes: RunState['result']): string =>
  changes === null ? '' : `${plural(changes.files, 'file')} changed, +${changes.additions} -${changes.deletions}`;

const reviewsText = ({ moments }: Story): string =>
  moments
    .filter(isOf('review'))
    .map(({ at, round, text, parts }) => {
      const comments = parts.map((part) => `\n  ${part.label}  ${cleanLine(part.text)}`);
      return `${utc(at)}  round ${round}: ${text}${comments.join('')}`;
    })
    .join('\n');

const spentText = (state: RunState): string => {
  const { spent, budget } = state;
  const usage = used(spent);
  const rows: Readonly<
    Record<keyof typeof usage, readonly [label: string, shown: string, most: (limit: number) => string]>
  > = {
    turns: ['turns', String(usage.turns), String],
    tokens: ['tokens', `${count(spent.inputTokens)} in, ${count(spent.outputTokens)} out`, count],
    usd: ['cost', cost(spent.usd, spent.unpriced === 0), (limit) => `$${limit}`],
    activeMinutes: ['worked', duration(spent.activeMs), (limit) => `${limit} min`],
    toolMinutes: ['in commands', duration(spent.toolMs), (limit) => `${limit} min`],
    retries: ['retries', `${spent.retries} in all, ${usage.retries} in a row`, String],
  };
  const lines = budgetNames.map((name) => {
    const [label, shown, most] = rows[name];
    const limit = budget[name];
    return `${label.padEnd(11)} ${shown} ${limit === null ? '(no limit)' : `of ${most(limit)}`}`;
  });
  if (spent.unpriced > 0)
    lines.push(`${plural(spent.unpriced, 'model call')} cost an unknown sum, which is not in the figure above.`);
  return lines.join('\n');
};

const outputSteps = ({ number: run, task, output }: RunState, seen: string): readonly string[] => [
  ...(task.output.kind === 'report' || (output?.kind === 'labels' && output.labels.length === 0)
    ? []
    : [`longhaul publish ${run}                   see what would be published, and say yes or no`]),
  `longhaul accept ${run}${seen}                    accept it`,
  `longhaul discard ${run}${seen} --changes "…"     ask for another round`,
];

/** What a person can do with a run now, as commands. */
export const nextSteps = (state: RunState): readonly string[] => {
  const run = state.number;
  const seen = state.round === 1 ? '' : ` --round ${state.round}`;
  switch (state.status) {
    case 'queued':
    case 'ready':
    case 'working':
      return pausedBy(state) === null
        ? [`longhaul watch ${run}`, `longhaul pause ${run}`, `longhaul cancel ${run}`]
        : [`longhaul resume ${run}`];
    case 'waiting':
      if (state.until.kind === 'resume')
        return [`longhaul resume ${run}                    have it go on`, `longhaul cancel ${run}`];
      return state.until.kind === 'decision'
        ? [`longhaul decisions ${state.until.decision}`]
        : [`longhaul watch ${run}`];
    case 'reviewing':
      if (state.task.output.kind !== 'diff') return outputSteps(state, seen);
      return [
        `longhaul diff ${run}                      see what changed`,
        `longhaul apply ${run}                     put it into your working tree`,
        `longhaul accept ${run}${seen}                    accept it`,
        `longhaul discard ${run}${seen} --changes "…"     ask for another round`,
      ];
    case 'accepted':
      return state.task.output.kind === 'diff' ? [`longhaul apply ${run}`] : [];
    case 'failed':
    case 'cancelled':
      return isResumable(state) ? [`longhaul retry ${run}                     go on from its last checkpoint`] : [];
    case 'rejected':
    case 'completed':
      return [];
  }
};
