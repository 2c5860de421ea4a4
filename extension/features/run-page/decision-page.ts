import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { headOf, heldTree, isTerminal, type RunState } from '../../../shared/run/state.ts';
import { span } from '../../../shared/text/figures.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { askedText } from '../../ground/decision/asked-text.ts';
import { asksForKey } from '../../ground/decision/refused-key.ts';
import { verbsOf } from '../../ground/decision/verbs.ts';
import { changes, costFact } from '../../ground/text/text.ts';
import type { Button, Item, Page } from '../../ground/page/page.ts';
import { button, buttonsItem, entries, factsItem, pageOf, primary, section, textItem } from './items.ts';
import type { FileThere } from '../../ground/repository/repository.ts';
import { argumentItems } from './argument-items.ts';
import { actionItem, planItems, spentFacts } from './run-page.ts';
import { cleanLine, visible } from '../../../shared/text/clean.ts';
import { isReadable, openResult, publicationItems, publicationSections, type Publication } from './publication.ts';
import { isOf, type Moment, type Part } from '../../../shared/run/story/moment.ts';
import { standingVerification, type Story } from '../../../shared/run/story/story.ts';

export interface DecisionPageInput {
  readonly state: RunState;
  readonly decision: string;
  /** As the log has it; kept when the run has left it behind. */
  readonly request: DecisionRequest;
  readonly story: Story;
  /** False: the hash does not match what is asked. Nobody may decide on that. */
  readonly whole: boolean;
  /** What is at the path of the file that is asked about; `other`: it is about none, or nobody knows. */
  readonly there: FileThere;
  /** What would be published; null: that is not what is asked, or it is not read yet. */
  readonly publication: Publication | null;
  /** ms since the epoch */
  readonly now: number;
}

/** Everything that a decision needs, in one place: what is asked and exactly how, and what the run has done so far. */
export const decisionPage = (input: DecisionPageInput): Page => {
  const { state, request, story, now } = input;
  if (request.kind === 'publish') return publishPage(input);
  const checks = story.moments.filter(isVerification);
  const calls = story.moments.filter(isOf('call'));
  return pageOf(
    numbered(state, request.kind === 'question' ? t('A question for you') : t('A decision for you')),
    cleanLine(state.task.title),
    [
      section('ask', t('What is asked'), askItems(input)),
      section('goal', t('Goal'), [textItem('goal', visible(state.task.goal.trim()))]),
      section('plan', t('Plan'), planItems(state)),
      section('diff', t('Changes so far'), changeItems(state, story)),
      section(
        'tests',
        t('Tests so far'),
        checks.length > 0
          ? entries(checks, state.createdAt)
          : [textItem('none', t('Verification has not run yet.'), 'dim')],
      ),
      section('calls', t('Calls so far'), entries(calls, state.createdAt)),
      section('spent', t('Cost so far: {0}', costFact(state.spent)), [factsItem('spent', spentFacts(state, now))]),
    ],
  );
};

/** The title is the tab's, too: of several that are open it tells which is of which run. */
const numbered = ({ number }: Pick<RunState, 'number'>, title: string): string => `#${number} ${title}`;

/** The same of a result that would be published: what was done on the way is on the page of the run. */
const publishPage = (input: DecisionPageInput): Page => {
  const { state, story, publication } = input;
  const checks = standingVerification(story);
  return pageOf(numbered(state, t('Publish this result?')), cleanLine(state.task.title), [
    section('ask', t('What is asked'), askItems(input)),
    ...publicationSections(publication),
    section('tests', t('Evidence'), entries(checks, state.createdAt)),
    section('goal', t('Goal'), [textItem('goal', visible(state.task.goal.trim()))]),
  ]);
};

const askItems = (input: DecisionPageInput): readonly Item[] => {
  const { request, whole } = input;
  return [
    actionItem('action', { ...request, action: askedText(request) }),
    ...(request.kind === 'publish'
      ? publicationItems(input.state, request, askFacts(input))
      : [factsItem('facts', askFacts(input)), ...argumentItems(input)]),
    ...(whole ? [] : [brokenHash]),
    buttonsItem('decide', ...decideButtons(input)),
  ];
};

const isVerification = ({ about }: Moment): boolean => about.kind === 'command' && about.command.phase !== 'setup';

const brokenHash = textItem(
  'broken',
  t("The hash does not match what is asked. Do not decide on it; look into the runner's log."),
  'bad',
);

type Standing = 'pending' | 'expired' | 'decided' | 'over';

const standingOf = ({ state, decision }: DecisionPageInput): Standing => {
  if (isTerminal(state)) return 'over';
  return state.decisions[decision]?.status ?? 'decided';
};

const askFacts = (input: DecisionPageInput): readonly Part[] => {
  const { request, story, decision, now } = input;
  const left = Date.parse(request.expiresAt) - now;
  const standing = standingOf(input);
  const until = localTime(request.expiresAt);
  const outcome = story.find(`decision ${decision}`)?.detail ?? '';
  const status: Record<Standing, string> = {
    pending: left > 0 ? t('waits; {0} left, until {1}', span(left), until) : t('expired undecided at {0}', until),
    expired: t('expired undecided at {0}; nothing was done', until),
    decided: outcome === '' || outcome === 'waits' ? t('decided') : outcome,
    over: t('the run is over; nothing is left to decide'),
  };
  return [
    { label: t('Status'), text: status[standing] },
    {
      label: t('Asked by'),
      text: request.requester.call === null ? 'Longhaul' : t('the agent, in turn {0}', request.requester.turn),
    },
    { label: t('Why'), text: visible(request.reason) },
    { label: request.kind === 'question' ? t('Then') : t('If approved'), text: visible(request.consequence) },
    { label: t('If nobody decides'), text: visible(request.onExpiry) },
    { label: t('Choices'), text: request.choices.map((choice) => visible(JSON.stringify(choice))).join('  ') },
    { label: t('On tree'), text: request.kind === 'publish' ? '' : (request.tree ?? '') },
    { label: t('Hash'), text: request.hash },
  ];
};

const decideButtons = (input: DecisionPageInput): readonly Button[] => {
  const { state, request, decision, whole } = input;
  const act = (command: string, label: string): Button =>
    button(command, label, { run: state.id, decision, hash: request.hash });
  const standing = standingOf(input);
  const open = act('longhaul.openRun', t('Open Run'));
  if (standing === 'expired') return [primary(act('longhaul.renew', t('Ask Again'))), open];
  if (request.kind === 'publish') return publishButtons(input, { isOpen: standing === 'pending' && whole, act, open });
  if (standing !== 'pending' || !whole) return [open];
  const { yes, no } = verbsOf(request);
  const reject = act('longhaul.reject', `${no}…`);
  if (request.kind === 'question') return [primary(act('longhaul.answer', `${yes}…`)), reject, open];
  const approve = act('longhaul.approve', `${yes}…`);
  if (asksForKey(state, request))
    return [primary(act('longhaul.setModelKey', t('Set Model Key'))), approve, reject, open];
  const editable = request.kind === 'call' || request.kind === 'budget';
  const edit = editable ? [act('longhaul.editAndApprove', t('Edit and Approve…'))] : [];
  return [primary(approve), ...edit, reject, open];
};

interface PublishButtons {
  readonly isOpen: boolean;
  readonly act: (command: string, label: string) => Button;
  readonly open: Button;
}

/** None of them that stands out publishes anything. */
const publishButtons = (
  { state, request, publication }: DecisionPageInput,
  { isOpen, act, open }: PublishButtons,
): readonly Button[] => {
  const { yes, no } = verbsOf(request);
  const diff = state.task.output.kind === 'diff' ? [primary(openResult(state))] : [];
  const approve = isReadable(publication) ? [act('longhaul.approve', `${yes}…`)] : [];
  return [...diff, ...(isOpen ? [...approve, act('longhaul.reject', `${no}…`)] : []), open];
};

/** What differs from the base: as it was saved for whoever is asked; before that, what the calls of the agent say. */
const changeItems = (state: RunState, story: Story): readonly Item[] => {
  // What could not be saved for this wait leaves that of an earlier one, which is not what is asked about.
  const old = state.status === 'waiting' && state.soFar?.head.tree !== (heldTree(state) ?? headOf(state))?.tree;
  const saved = state.soFar === null || old ? undefined : story.moments.findLast(isOf('changes'));
  if (saved !== undefined)
    return [
      ...entries([saved], state.createdAt).map((item) => ({ ...item, open: true })),
      openDiff(state, 'longhaul.openChangesSoFar'),
    ];
  const result = changes(state);
  const told = toldItems(story);
  if (result === null) return told.length > 0 ? told : [textItem('none', t('None yet.'), 'dim')];
  return [...told, textItem('result', t('The last finished round: {0}.', result)), openDiff(state, 'longhaul.review')];
};

const openDiff = ({ id }: RunState, command: string): Item =>
  buttonsItem('diff', button(command, t('Open Diff'), { run: id }));

/** Files that calls of the agent changed, by what they say; commands may have changed others. */
const toldItems = (story: Story): readonly Item[] => {
  const edits = new Map<string, number>();
  let commands = 0;
  for (const { about, text, mark } of story.moments.filter(isOf('call'))) {
    const { call } = about;
    if (mark !== 'ok') continue;
    if (call.tool === 'bash') commands += 1;
    if (!['edit', 'write', 'apply_patch'].includes(call.tool)) continue;
    const paths = text.slice(call.tool.length).trim();
    if (paths !== '') edits.set(paths, (edits.get(paths) ?? 0) + 1);
  }
  const facts = [...edits].map(([path, times]) => ({
    label: path,
    text: times === 1 ? t('edited once') : t('edited {0} times', times),
  }));
  return [
    ...(facts.length === 0 ? [] : [factsItem('files', facts)]),
    ...(commands === 0 ? [] : [textItem('commands', t('Commands that ran may have changed other files.'), 'dim')]),
  ];
};
