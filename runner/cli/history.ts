import type { DecisionRequest, DecisionVerdict, Json } from '../../shared/decision/decision.ts';
import type { EventBody, ReviewComment, RunEvent } from '../../shared/run/events.ts';

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>;

/** A tool call with what became of it. Numbered from 1 through the whole run: claims point to these numbers. */
export interface CallHistory {
  readonly number: number;
  readonly id: string;
  readonly turn: number;
  readonly tool: string;
  readonly arguments: Json | null;
  readonly verdict: Body<'call.judged'>['verdict'];
  readonly reason: string;
  readonly decision: string | null;
  /** How often it was started; more than once where a worker died in its middle. */
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly finished: Pick<
    Body<'call.finished'>,
    'outcome' | 'output' | 'outputBlob' | 'exitCode' | 'durationMs' | 'refusedHosts' | 'reachedHosts'
  > | null;
}

/** A command that Longhaul ran itself. */
export interface CommandHistory extends Pick<
  Body<'verification.finished'>,
  | 'index'
  | 'command'
  | 'outcome'
  | 'exitCode'
  | 'durationMs'
  | 'output'
  | 'outputBlob'
  | 'refusedHosts'
  | 'reachedHosts'
> {
  readonly phase: 'setup' | 'setup on the base' | 'setup on the result' | 'verification';
  readonly round: number;
  /** Verification of an attempt that the agent went on from afterwards. */
  readonly superseded: boolean;
}

export interface DecisionHistory {
  readonly request: DecisionRequest;
  readonly requestedAt: string;
  /** `withdrawn`: nobody decided it before it was asked anew, about another tree or another attempt. */
  readonly status: 'pending' | 'expired' | 'decided' | 'withdrawn';
  readonly made: { readonly verdict: DecisionVerdict; readonly by: string; readonly at: string } | null;
}

interface Retry {
  readonly at: string;
  readonly what: 'model call failed' | 'model call lost' | 'worker lost' | 'no worker began';
  readonly message: string;
  readonly retryAt: string | null;
}

interface Noted {
  readonly at: string;
  readonly by: string;
  readonly text: string;
  readonly comments: readonly ReviewComment[];
}

/** What a run's events tell beyond its state: everything with a time, an output or a name to it. */
export interface History {
  readonly calls: readonly CallHistory[];
  readonly commands: readonly CommandHistory[];
  readonly decisions: readonly DecisionHistory[];
  readonly retries: readonly Retry[];
  readonly messages: readonly Noted[];
  readonly reviews: readonly (Noted & {
    readonly verdict: 'accepted' | 'rejected' | 'changes';
    readonly round: number;
  })[];
  readonly applications: readonly (Pick<Body<'changes.applied'>, 'by' | 'how' | 'target' | 'files' | 'conflicts'> & {
    readonly at: string;
  })[];
  readonly activations: number;
  /** The round that the latest event belongs to, from 1. */
  readonly round: number;
  readonly turn: number;
}

export const noHistory: History = {
  calls: [],
  commands: [],
  decisions: [],
  retries: [],
  messages: [],
  reviews: [],
  applications: [],
  activations: 0,
  round: 1,
  turn: 0,
};

/** Folds one event more into the history. Events that a history has nothing to say about leave it as it is. */
export const remember = (history: History, event: RunEvent): History => {
  const { body, at } = event;
  switch (body.type) {
    case 'activation.leased':
      return { ...history, activations: history.activations + 1 };
    case 'activation.deferred':
      return withRetry(history, { at, what: 'no worker began', message: body.reason, retryAt: body.retryAt });
    case 'activation.lost':
      return withRetry(history, { at, what: 'worker lost', message: body.reason, retryAt: null });
    case 'model.failed': {
      const { trouble, retryAt } = body;
      return withRetry(history, { at, what: 'model call failed', message: trouble.message, retryAt });
    }
    case 'model.lost':
      return withRetry(history, {
        at,
        what: 'model call lost',
        message: 'The worker died while the model was answering.',
        retryAt: null,
      });
    case 'turn.taken':
      return { ...superseded(history), turn: body.turn };
    case 'call.judged':
      return {
        ...history,
        calls: [
          ...history.calls,
          {
            number: history.calls.length + 1,
            id: body.call,
            turn: history.turn,
            tool: body.tool,
            arguments: body.arguments,
            verdict: body.verdict,
            reason: body.reason,
            decision: null,
            attempts: 0,
            startedAt: null,
            finished: null,
          },
        ],
      };
    case 'call.started':
      return mapCall(history, body.call, (call) => ({
        ...call,
        arguments: body.arguments,
        attempts: body.attempt,
        startedAt: at,
      }));
    case 'call.finished': {
      const { outcome, output, outputBlob, exitCode, durationMs, refusedHosts, reachedHosts } = body;
      const finished = { outcome, output, outputBlob, exitCode, durationMs, refusedHosts, reachedHosts };
      return mapCall(history, body.call, (call) => ({ ...call, finished }));
    }
    case 'decision.requested': {
      const { request } = body;
      const asked: DecisionHistory = { request, requestedAt: at, status: 'pending', made: null };
      const { call } = request.requester;
      const earlier = history.decisions.map((before) =>
        call !== null && before.request.requester.call === call && before.made === null
          ? { ...before, status: 'withdrawn' as const }
          : before,
      );
      const told = { ...history, decisions: [...earlier, asked] };
      return call === null ? told : mapCall(told, call, (of) => ({ ...of, decision: request.id }));
    }
    case 'decision.made': {
      const { verdict, by } = body;
      return mapDecision(history, body.decision, (asked) => ({
        ...asked,
        status: 'decided',
        made: { verdict, by, at },
      }));
    }
    case 'decision.expired':
      return mapDecision(history, body.decision, (asked) => ({ ...asked, status: 'expired' }));
    case 'decision.renewed':
      return mapDecision(history, body.decision, (asked) => ({
        ...asked,
        status: 'pending',
        request: { ...asked.request, expiresAt: body.expiresAt },
      }));
    case 'setup.finished':
      return withCommand(history, 'setup', body);
    case 'verification.setup.finished':
      return withCommand(history, body.on === 'base' ? 'setup on the base' : 'setup on the result', body);
    case 'verification.finished':
      return withCommand(history, 'verification', body);
    case 'repair.requested':
      return superseded(history);
    case 'message.sent':
      return { ...history, messages: [...history.messages, { at, by: body.by, text: body.text, comments: [] }] };
    case 'review.decided': {
      const { by, verdict, reason, comments } = body;
      const { round } = history;
      return {
        ...history,
        round: verdict === 'changes' ? round + 1 : round,
        reviews: [...history.reviews, { at, by, text: reason, comments, verdict, round }],
      };
    }
    case 'changes.applied': {
      const { by, how, target, files, conflicts } = body;
      return { ...history, applications: [...history.applications, { at, by, how, target, files, conflicts }] };
    }
    case 'run.created':
    case 'activation.queued':
    case 'activation.awaited':
    case 'activation.returned':
    case 'activation.ended':
    case 'prepare.started':
    case 'guidance.read':
    case 'prepare.finished':
    case 'setup.started':
    case 'call.held':
    case 'checkpoint.saved':
    case 'checkpoint.uploaded':
    case 'workspace.rebuilt':
    case 'changes.saved':
    case 'model.started':
    case 'model.accepted':
    case 'context.compacted':
    case 'plan.updated':
    case 'report.submitted':
    case 'verification.started':
    case 'verification.setup.started':
    case 'round.finished':
    case 'timer.fired':
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
    case 'run.paused':
    case 'run.resumed':
      return history;
    default:
      return unknown(body, history);
  }
};

/** Does not compile when an event is forgotten above; one of a newer runner changes nothing. */
const unknown = (_body: never, history: History): History => history;

export const historyOf = (events: Iterable<RunEvent>): History => {
  let history = noHistory;
  for (const event of events) history = remember(history, event);
  return history;
};

/** A report that the agent was asked after is void, and with it what verified it. */
const superseded = (history: History): History => ({
  ...history,
  commands: history.commands.map((command) =>
    command.phase !== 'setup' && command.round === history.round ? { ...command, superseded: true } : command,
  ),
});

const withRetry = (history: History, retry: Retry): History => ({ ...history, retries: [...history.retries, retry] });

const withCommand = (
  history: History,
  phase: CommandHistory['phase'],
  body: Body<'setup.finished'> | Body<'verification.setup.finished'> | Body<'verification.finished'>,
): History => {
  const { index, command, outcome, exitCode, durationMs, output, outputBlob, refusedHosts, reachedHosts } = body;
  const { round } = history;
  return {
    ...history,
    commands: [
      ...history.commands,
      {
        phase,
        round,
        superseded: false,
        index,
        command,
        outcome,
        exitCode,
        durationMs,
        output,
        outputBlob,
        refusedHosts,
        reachedHosts,
      },
    ],
  };
};

/** The latest call of that id: providers number calls as they like. */
export const callById = (history: History, id: string): CallHistory | undefined =>
  history.calls.findLast((call) => call.id === id);

const mapCall = (history: History, id: string, change: (call: CallHistory) => CallHistory): History => {
  const at = history.calls.findLastIndex((call) => call.id === id);
  const call = history.calls[at];
  return call === undefined ? history : { ...history, calls: history.calls.with(at, change(call)) };
};

const mapDecision = (
  history: History,
  id: string,
  change: (decision: DecisionHistory) => DecisionHistory,
): History => ({
  ...history,
  decisions: history.decisions.map((decision) => (decision.request.id === id ? change(decision) : decision)),
});
