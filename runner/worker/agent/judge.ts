import type { DecisionRequest, Json } from '../../../shared/decision/decision.ts';
import { aboutPreparing as preparing } from '../../../shared/run/reduce-decisions.ts';
import { budgetUnits, type Exceeded, type Spent } from '../../../shared/run/budget.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import type { CallIn } from '../../../shared/run/call.ts';
import { parseCall } from '../../../shared/policy/call.ts';

/** A setup with network whose files the agent changed, as a person is shown it. */
export interface ChangedSetup {
  readonly commands: readonly { readonly command: string; readonly network: readonly string[] }[];
  readonly paths: readonly string[];
  /** What changed in them; cut where it is long. */
  readonly patch: string;
}

/** As the Responses API allows. */
const longestId = 64;

/**
 * Gives calls other ids where theirs cannot serve: used before in this run (small servers count from 0 in every response),
 * empty or too long. To be applied before the turn is recorded, since claims, outputs and decisions name calls by id.
 */
export const uniqueCalls = (events: readonly RunEvent[], items: readonly ModelItem[]): readonly ModelItem[] => {
  const turns = events.flatMap(({ body }) => (body.type === 'turn.taken' ? [body] : []));
  const used = new Set(
    turns.flatMap((turn) => turn.items.flatMap((item) => (item.type === 'call' ? [item.call] : []))),
  );
  /** What a call is named now, by the id that the endpoint gave it. */
  const named = new Map<string, string>();
  let count = 0;
  return items.map((item) => {
    if (item.type === 'returned')
      return { ...item, call: item.call === null ? null : (named.get(item.call) ?? item.call) };
    if (item.type !== 'call') return item;
    let id = item.call;
    while (id === '' || id.length > longestId || used.has(id)) {
      count += 1;
      id = `call_${turns.length + 1}_${count}`;
    }
    used.add(id);
    named.set(item.call, id);
    return { ...item, call: id };
  });
};

/** A decision without what its asker adds: id, turn, tree, expiry and hash. `call`: the call that it is about, if any. */
export type DecisionDraft = Omit<DecisionRequest, 'id' | 'requester' | 'tree' | 'expiresAt' | 'hash'> & {
  readonly call: string | null;
};

const waits = 'The run stays parked and is listed as needing attention; nothing is approved and nothing is rejected.';

/** A call that a person is asked about, with what policy says of it. */
interface Asking extends Described {
  readonly id: string;
  readonly reason: string;
}

/** Asks whether a call may run; of the tool `ask`, what its answer is. `again`: what was approved was for another tree. */
export const aboutCall = (asking: Asking, again = false): DecisionDraft => {
  const { id, tool, arguments: args, reason } = asking;
  if (tool === 'ask') return aboutQuestion(asking);
  return {
    call: id,
    kind: 'call',
    tool,
    arguments: args,
    action: actionOf(asking),
    reason: again ? `The tree is another one than it was asked about before. ${reason}` : reason,
    consequence: `If you approve, ${consequenceOf(asking)}, and the agent goes on with the result. That is for one attempt: if it is interrupted, you are asked again. If you reject it, the agent is told why and goes on without.`,
    onExpiry: waits,
    choices: [],
  };
};

const aboutQuestion = ({ id, tool, arguments: args, reason }: Asking): DecisionDraft => ({
  call: id,
  kind: 'question',
  tool,
  arguments: args,
  action: textOf(args, 'question') ?? 'The agent asks a question.',
  reason,
  consequence:
    'The agent is given your answer and goes on. If you reject the question, it is told to decide by itself, with your reason.',
  onExpiry: waits,
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
): DecisionDraft => ({
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
  onExpiry: waits,
  choices: [],
});

/** Asks whether the run is to be prepared once more, which ended its worker so often. */
export const aboutPreparing = (losses: number): DecisionDraft => ({
  call: null,
  kind: 'retry',
  tool: null,
  arguments: preparing,
  action: 'Prepare the workspace once more',
  reason: `Its worker ended ${losses} times while it prepared the workspace. The runner's log says more (longhaul doctor shows where).`,
  consequence: 'If you approve, it is tried once more. If you reject it, the run ends as failed.',
  onExpiry: waits,
  choices: [],
});

/** Asks whether a request to the model that failed or was refused is to be tried again. */
export const aboutModel = (message: string, refusal: boolean): DecisionDraft => ({
  call: null,
  kind: 'retry',
  tool: null,
  arguments: null,
  action: refusal ? 'Ask the model again, which declined to go on' : 'Ask the model again',
  reason: message,
  consequence:
    'If you approve, the model is asked once more. If you reject it, the run ends as failed; what the agent changed so far stays in its log.',
  onExpiry: waits,
  choices: [],
});

/** Asks for half as much again of a budget that is used up, counted from what was used. `trouble`: what the last retry was of. */
export const aboutBudget = (
  { budget, limit, used }: Exceeded,
  spent: Spent,
  trouble: string | null = null,
): DecisionDraft => {
  const raised = Math.max(limit, used) * 1.5;
  const asked = budget === 'usd' ? Math.ceil(raised * 100) / 100 : Math.ceil(raised);
  return {
    call: null,
    kind: 'budget',
    tool: null,
    arguments: { budget, limit: asked },
    action: `Raise the budget from ${limit} to ${asked} ${budgetUnits[budget]}`,
    reason: `${limit} ${budgetUnits[budget]} are used up.${budget === 'retries' && trouble !== null ? ` What it was the last time: ${trouble}` : ''} So far: ${spent.turns} turns, ${spent.inputTokens + spent.outputTokens} tokens, ${costText(spent)}.`,
    consequence:
      'If you approve, the agent goes on until the new limit. If you reject it, work stops here and what there is goes to verification and review.',
    onExpiry: waits,
    choices: [],
  };
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
  return {
    call: null,
    kind: 'setup',
    tool: null,
    arguments: {
      commands: commands.map(({ command, network }) => ({ command, network: [...network] })),
      hosts,
      paths: [...paths],
      patch,
    },
    action: `Run setup as the agent changed it, with network access to ${hosts.join(', ')}, for verification`,
    reason: `The agent changed what setup reads: ${paths.slice(0, 10).join(', ')}${paths.length > 10 ? ` and ${paths.length - 10} more` : ''}. What it wrote there can run while setup does.`,
    consequence: `If you approve, setup runs on the result (${times}) and can reach these hosts, to which it could also send the code that it sees. If you reject it, verification runs with the setup of the base, and says so.`,
    onExpiry: waits,
    choices: [],
  };
};

/** Asks what an agent is to do that gets nowhere: the same call with the same result, or turns without any. */
export const aboutStuck = (sign: 'same call' | 'no calls', count: number): DecisionDraft => ({
  call: null,
  kind: 'question',
  tool: null,
  arguments: null,
  action: 'The agent seems to be stuck. What should it do?',
  reason:
    sign === 'same call'
      ? `It made the same call with the same result ${count} times in a row.`
      : `It called no tool in ${count} turns in a row.`,
  consequence:
    'The agent is given your answer and goes on. If you reject the question, work stops here and what there is goes to verification and review.',
  onExpiry: waits,
  choices: [],
});
