import type { DecisionRequest, Json } from '../../../shared/decision/decision.ts';
import { aboutPreparing as preparing } from '../../../shared/run/reduce-decisions.ts';
import { budgetAmount, type Exceeded, type Spent } from '../../../shared/run/budget.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { CallIn } from '../../../shared/run/call.ts';
import { parseCall } from '../../../shared/policy/call.ts';

/** A setup with network whose files the agent changed, as a person is shown it. */
export interface ChangedSetup {
  readonly commands: readonly { readonly command: string; readonly network: readonly string[] }[];
  readonly paths: readonly string[];
  /** What changed in them; cut where it is long. */
  readonly patch: string;
}

/** A decision without what its asker adds: id, turn, tree, expiry and hash. `call`: the call that it is about, if any. */
export type DecisionDraft = Omit<DecisionRequest, 'id' | 'requester' | 'tree' | 'expiresAt' | 'hash'> & {
  readonly call: string | null;
};

type Said = 'kind' | 'action' | 'reason' | 'consequence';

/** Where nothing else is said, a question is Longhaul's own and about no call. */
const draft = (said: Pick<DecisionDraft, Said> & Partial<DecisionDraft>): DecisionDraft => ({
  call: null,
  tool: null,
  arguments: null,
  onExpiry: 'The run stays parked and is listed as needing attention; nothing is approved and nothing is rejected.',
  choices: [],
  ...said,
});

/** A call that a person is asked about, with what policy says of it. */
interface Asking extends Described {
  readonly id: string;
  readonly reason: string;
}

/** Asks whether a call may run; of the tool `ask`, what its answer is. `again`: what was approved was for another tree. */
export const aboutCall = (asking: Asking, again = false): DecisionDraft => {
  const { id, tool, arguments: args, reason } = asking;
  if (tool === 'ask') return aboutQuestion(asking);
  return draft({
    call: id,
    kind: 'call',
    tool,
    arguments: args,
    action: actionOf(asking),
    reason: again ? `The tree is another one than it was asked about before. ${reason}` : reason,
    consequence: `If you approve, ${consequenceOf(asking)}, and the agent goes on with the result. That is for one attempt: if it is interrupted, you are asked again. If you reject it, the agent is told why and goes on without.`,
  });
};

const aboutQuestion = ({ id, tool, arguments: args, reason }: Asking): DecisionDraft =>
  draft({
    call: id,
    kind: 'question',
    tool,
    arguments: args,
    action: textOf(args, 'question') ?? 'The agent asks a question.',
    reason,
    consequence:
      'The agent is given your answer and goes on. If you reject the question, it is told to decide by itself, with your reason.',
    choices: listOf(args, 'choices'),
  });

interface Described {
  readonly tool: string;
  readonly arguments: Json | null;
  readonly network: readonly string[];
}

/** "Run npm install in the sandbox, with network access to packages.example.org" */
const actionOf = ({ tool, arguments: args, network }: Described): string => {
  const subject = textOf(args, 'command') ?? textOf(args, 'path') ?? '';
  const reaching = network.length === 0 ? '' : `, with network access to ${network.join(', ')}`;
  switch (tool) {
    case 'bash':
      return `Run ${subject} in the sandbox${reaching}`;
    case 'edit':
    case 'write':
      return `${tool === 'edit' ? 'Edit' : 'Write'} the file ${subject}`;
    case 'apply_patch':
      return `Change files by a patch: ${patchedFiles(args).join(', ')}`;
    default:
      return subject === '' ? `Call ${tool}` : `Call ${tool} on ${subject}`;
  }
};

const consequenceOf = ({ tool, network }: Described): string => {
  if (tool !== 'bash') return 'the file is changed in the copy of the repository that the agent works on';
  return network.length === 0
    ? 'the command runs in the sandbox, without network'
    : `the command runs in the sandbox and can reach ${network.join(', ')}, to which it could also send the code that it sees`;
};

const patchedFiles = (args: Json | null): readonly string[] => {
  const parsed = parseCall('apply_patch', args);
  return parsed.outcome === 'ok' ? parsed.call.paths : [];
};

const fieldOf = (args: Json | null, name: string): Json | undefined =>
  typeof args === 'object' && args !== null && !Array.isArray(args) ? args[name] : undefined;

const textOf = (args: Json | null, name: string): string | null => {
  const value = fieldOf(args, name);
  return typeof value === 'string' && value !== '' ? value : null;
};

const listOf = (args: Json | null, name: string): string[] => {
  const value = fieldOf(args, name);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};

/** Asks about a call whose worker is gone: what was approved was one attempt, and nobody knows how far it came. */
export const aboutInterrupted = (
  call: Pick<CallIn<'interrupted'>, 'id' | 'tool' | 'arguments' | 'network' | 'attempt'>,
): DecisionDraft =>
  draft({
    call: call.id,
    kind: 'retry',
    tool: call.tool,
    arguments: call.arguments,
    action: `${actionOf(call)}, once more`,
    reason: [
      call.attempt > 1
        ? `It was started ${call.attempt} times, and each time its worker ended while it ran`
        : 'Its worker ended while it ran',
      call.network.length > 0
        ? ' with network access, so it may have done its work outside already, in part or whole.'
        : '. What was approved was one attempt.',
    ].join(''),
    consequence:
      'If you approve, the workspace is taken back to before it and it runs once more. If you reject it, the agent is told that it was interrupted, and goes on.',
  });

/** Paths that a question names; the rest is in its arguments. */
const mostNamed = 3;

/** Asks whether what a call changed may stay: policy protects it, whichever way it was reached. */
export const aboutChanges = (call: CallIn<'held'>, events: readonly RunEvent[]): DecisionDraft => {
  const { paths, patch, reason } = heldIn(events, call.id);
  return draft({
    call: call.id,
    kind: 'changes',
    tool: call.tool,
    arguments: { call: call.arguments, paths: [...paths], patch },
    action: `Keep what ${call.tool} changed: ${listed(paths, mostNamed)}`,
    reason,
    consequence:
      'If you approve, the change stays, and the agent goes on with the result of the call. If you reject it, the workspace is taken back to before the call, and the agent is told why.',
  });
};

/** The event that says why a call is held, and what it changed. */
export const heldIn = (events: readonly RunEvent[], call: string): Extract<RunEvent['body'], { type: 'call.held' }> => {
  const body = events.findLast((event) => event.body.type === 'call.held' && event.body.call === call)?.body;
  if (body?.type !== 'call.held') throw new Error(`call ${call} is held and no event says why`);
  return body;
};

/** So many of these, and how many more there are. */
export const listed = (paths: readonly string[], most: number): string =>
  `${paths.slice(0, most).join(', ')}${paths.length > most ? ` and ${paths.length - most} more` : ''}`;

/** Asks whether the run is to be prepared once more, which ended its worker so often. */
export const aboutPreparing = (losses: number): DecisionDraft =>
  draft({
    kind: 'retry',
    arguments: preparing,
    action: 'Prepare the workspace once more',
    reason: `Its worker ended ${losses} times while it prepared the workspace. The runner's log says more (longhaul doctor shows where).`,
    consequence: 'If you approve, it is tried once more. If you reject it, the run ends as failed.',
  });

/** Asks whether a request to the model that failed or was refused is to be tried again. */
export const aboutModel = (message: string, refusal: boolean): DecisionDraft =>
  draft({
    kind: 'retry',
    action: refusal ? 'Ask the model again, which declined to go on' : 'Ask the model again',
    reason: message,
    consequence:
      'If you approve, the model is asked once more. If you reject it, the run ends as failed; what the agent changed so far stays in its log.',
  });

/** Turns that a raised budget has room for at least, by what a turn used so far: who said yes is not asked again at once. */
const turnsAhead = 10;

/** Asks for half as much again of a budget that is used up, or more, counted from what was used. `trouble`: what the last retry was of. */
export const aboutBudget = (
  { budget, limit, used }: Exceeded,
  spent: Spent,
  trouble: string | null = null,
): DecisionDraft => {
  const ofTurn = budget === 'retries' || spent.turns === 0 ? 0 : used / spent.turns;
  const raised = Math.max(Math.max(limit, used) * 1.5, used + turnsAhead * ofTurn);
  const asked = budget === 'usd' ? Math.ceil(raised * 100) / 100 : Math.ceil(raised);
  return draft({
    kind: 'budget',
    arguments: { budget, limit: asked },
    action: `Raise the budget from ${limit} to ${budgetAmount(budget, asked)}`,
    reason: `${budgetAmount(budget, limit)} ${limit === 1 ? 'is' : 'are'} used up.${budget === 'retries' && trouble !== null ? ` What it was the last time: ${trouble}` : ''} So far: ${budgetAmount('turns', spent.turns)}, ${spent.inputTokens + spent.outputTokens} tokens, ${costText(spent)}.`,
    consequence:
      'If you approve, the agent goes on until the new limit. If you reject it, work stops here and what there is goes to verification and review.',
  });
};

const costText = ({ usd, unpriced }: Spent): string => {
  const known = `US$ ${usd.toFixed(2)}`;
  if (unpriced === 0) return known;
  return usd === 0 ? 'cost unknown' : `at least ${known}`;
};

/** Asks whether a setup that the agent changed may run with its network, before each verification command. */
export const aboutSetup = ({ commands, paths, patch }: ChangedSetup, verifications: number): DecisionDraft => {
  const hosts = [...new Set(commands.flatMap(({ network }) => network))];
  const times = verifications === 1 ? 'once' : `once for each of the ${verifications} verification commands`;
  return draft({
    kind: 'setup',
    arguments: {
      commands: commands.map(({ command, network }) => ({ command, network: [...network] })),
      hosts,
      paths: [...paths],
      patch,
    },
    action: `Run setup as the agent changed it, with network access to ${hosts.join(', ')}, for verification`,
    reason: `The agent changed what setup reads: ${listed(paths, 10)}. What it wrote there can run while setup does.`,
    consequence: `If you approve, setup runs on the result (${times}) and can reach these hosts, to which it could also send the code that it sees. If you reject it, verification runs with the setup of the base, and says so.`,
  });
};

/** Asks what an agent is to do that gets nowhere: the same call with the same result, or turns without any. */
export const aboutStuck = (sign: 'same call' | 'no calls', count: number): DecisionDraft =>
  draft({
    kind: 'question',
    action: 'The agent seems to be stuck. What should it do?',
    reason:
      sign === 'same call'
        ? `It made the same call with the same result ${count} times in a row.`
        : `It called no tool in ${count} turns in a row.`,
    consequence:
      'The agent is given your answer and goes on. If you reject the question, work stops here and what there is goes to verification and review.',
  });
