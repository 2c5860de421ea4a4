import { mayStart, type Call } from './call.ts';
import { canonicalJson } from '../decision/canonical.ts';
import type { DecisionRequest } from '../decision/decision.ts';
import type { WorkerEvent } from './events.ts';
import { isWanted } from './output.ts';
import { isAsStrict, judgeCall, type JudgedCall } from './judge-call.ts';
import { headOf, heldTree, type RunState } from './state.ts';

/** Events that a state decides about; all others a worker may append as it likes. */
export const guarded: ReadonlySet<WorkerEvent['type']> = new Set<WorkerEvent['type']>([
  'call.judged',
  'call.started',
  'call.finished',
  'decision.requested',
  'output.submitted',
  'verification.setup.started',
  'round.finished',
  'run.completed',
]);

/**
 * Why a worker may not append an event to a run as it is; null: it may. The control plane does not take the worker's word for what it may
 * do: a call is judged no less strictly than policy says, and starts only where policy or a person let it start, on the tree that the person
 * saw, a question names the tree of the run's head, and what a call changed that waits for a person does not become the run's.
 */
export const problemWith = (state: RunState, event: WorkerEvent): string | null => {
  if (event.type === 'decision.requested') return problemWithRequest(state, event.request);
  if (event.type === 'verification.setup.started') return problemWithSetup(state, event);
  if (event.type === 'output.submitted')
    return isWanted(state.task.output, event.output) ? null : 'The output is another than the task wants.';
  if (event.type === 'round.finished')
    return state.task.output.kind === 'diff' || state.output !== null
      ? null
      : 'The task wants an output, and there is none.';
  if (event.type === 'call.finished') return problemWithEnd(callOf(state, event.call), event);
  if (event.type !== 'call.started' && event.type !== 'call.judged') return null;
  const call = callOf(state, event.call);
  if (event.type === 'call.judged') return problemWithJudgement(state, call, event);
  if (call === undefined) return `Call ${event.call} is none of the turn at hand.`;
  if (!mayStart(call, treeOf(state))) return `Call ${event.call} is ${call.status}: it may not be started.`;
  if (canonicalJson(call.arguments) !== canonicalJson(event.arguments))
    return `Call ${event.call} may be started with other arguments than these.`;
  return event.attempt === call.attempt + 1 ? null : `Call ${event.call} was started ${call.attempt} times before.`;
};

/** Policy is pure and all that it goes by is on record, so that what a worker makes of it can be checked. */
const problemWithJudgement = (state: RunState, call: Call | undefined, judged: JudgedCall): string | null => {
  const { tool, arguments: args, network } = judged;
  if (call?.status !== 'asked') return `Call ${judged.call} is not one that is to be judged.`;
  if (call.tool !== tool) return `Call ${judged.call} is one of ${call.tool}, and not of ${tool}.`;
  const own = judgeCall(state.task.policy, { id: judged.call, tool, arguments: JSON.stringify(args) });
  if (!isAsStrict(judged, own)) return `Policy says ${own.verdict} to call ${judged.call}, and not ${judged.verdict}.`;
  return own.verdict === 'invalid' || canonicalJson(network) === canonicalJson(own.network)
    ? null
    : `Call ${judged.call} has other hosts than its arguments name.`;
};

const problemWithRequest = (state: RunState, request: DecisionRequest): string | null => {
  const { id, kind, requester } = request;
  if (kind === 'publish') return 'What is published is not for a worker to ask.';
  if (request.tree !== boundTree(state, kind, requester.call))
    return `Decision ${id} is not about the tree that the run has now.`;
  const call = requester.call === null ? undefined : callOf(state, requester.call);
  if (call === undefined || kind === 'question') return null;
  if (kind === 'changes')
    return call.status === 'held' && call.tool === request.tool
      ? null
      : `Decision ${id} is not about what call ${call.id} changed.`;
  // A person who approves it approves what it says, so it must say what policy has judged.
  const same =
    'asks' in call &&
    call.status !== 'running' &&
    call.tool === request.tool &&
    canonicalJson(call.arguments) === canonicalJson(request.arguments);
  return same ? null : `Decision ${id} is not about call ${call.id} as it is.`;
};

const callOf = ({ turn }: RunState, id: string): Call | undefined =>
  turn?.phase === 'taken' ? turn.calls.find((call) => call.id === id) : undefined;

/** What a person has not let stay cannot become the run's, nor anything else under its name. */
const problemWithEnd = (
  call: Call | undefined,
  event: Extract<WorkerEvent, { type: 'call.finished' }>,
): string | null => {
  // Without a tree it has been taken back.
  if (event.checkpoint === null) return null;
  if (call?.status === 'held') return `What call ${event.call} changed waits for a person.`;
  return call?.status === 'released' && event.checkpoint.tree !== call.after.tree
    ? `Call ${event.call} left another tree than the one that a person let stay.`
    : null;
};

type SetupStarted = Extract<WorkerEvent, { type: 'verification.setup.started' }>;

/** On the agent's files nothing has network but a setup that a person approved for this very tree, once for each verification command. */
const problemWithSetup = (
  state: RunState,
  { on, network, index, command, verification }: SetupStarted,
): string | null => {
  const planned = state.task.setup[index];
  if (planned?.command !== command || !network.every((host) => planned.network.includes(host)))
    return `Setup command ${index} is another than the task has.`;
  if (on === 'base' || network.length === 0) return null;
  const { newSetup } = state;
  const approved = newSetup?.verdict === 'approved' && newSetup.tree !== null && newSetup.tree === treeOf(state);
  if (!approved) return 'Nobody approved a setup with network on the tree that the run has now.';
  return newSetup.begun.some((begun) => begun.verification === verification && begun.index === index)
    ? `Setup command ${index} was begun before for verification command ${verification}: one approval is good for one attempt.`
    : null;
};

const treeOf = (state: RunState): string | null => headOf(state)?.tree ?? null;

/** The tree that a decision has to name: what a call, or a setup, that it is about would run on, or what one has left. */
export const boundTree = (state: RunState, kind: DecisionRequest['kind'], call: string | null): string | null => {
  if (kind === 'setup') return treeOf(state);
  if (call === null) return null;
  if (kind === 'changes') return heldTree(state)?.tree ?? null;
  return kind === 'call' || kind === 'retry' ? treeOf(state) : null;
};
