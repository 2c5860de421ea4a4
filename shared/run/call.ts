import type { DecisionRequest, DecisionVerdict, Json } from '../decision/decision.ts';
import { toolNature, ToolName } from '../tool/arguments.ts';
import { parseCall } from '../policy/call.ts';
import type { Checkpoint } from './artifacts.ts';
import type { EventBody } from './events.ts';

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>;

interface Named {
  readonly id: string;
  readonly tool: string;
}

/** What a call runs with, once its arguments have been found to fit its tool and policy does not forbid it. */
interface Terms extends Named {
  /** As judged; once a person approved others, those. */
  readonly arguments: Json;
  /** Hosts that it may reach with these arguments. */
  readonly network: readonly string[];
  /** Policy says that running it twice does no harm. */
  readonly repeatable: boolean;
  /** True: policy has a person asked, each time that it is to run. */
  readonly asks: boolean;
  /** Why policy says so. */
  readonly reason: string;
  /** How often it was started. */
  readonly attempt: number;
  /** How often its worker was lost while it ran. */
  readonly losses: number;
}

/** A person's approval of one attempt. It stands in a call that is ready, and is gone as soon as that has started. */
interface Approval {
  readonly decision: string;
  /** The tree that the person approved it for; null: given before decisions named theirs, so for none. */
  readonly tree: string | null;
}

/** A call that ran and whose changes policy has a person asked about. The tree is as it left it; the run's head is still from before it. */
interface Held extends Named {
  readonly arguments: Json;
  readonly attempt: number;
  /** The tree as it left it. */
  readonly after: Checkpoint;
}

/** A call of the turn at hand, as far as it has come. Calls of earlier turns are in the log only. */
export type Call =
  /** The model wants it and nobody has looked at it. The arguments are as the model wrote them: perhaps no JSON. */
  | (Named & { readonly status: 'asked'; readonly arguments: string })
  /** It may run once a person has been asked, which is still to be done. */
  | (Terms & { readonly status: 'judged' })
  | (Terms & { readonly status: 'waiting'; readonly decision: string })
  /** It is to run now. `approval` null: policy lets it run unasked. */
  | (Terms & { readonly status: 'ready'; readonly approval: Approval | null })
  /** Started and not finished: its worker is at it. */
  | (Terms & { readonly status: 'running' })
  /** Started and not finished, and nobody is at it: the worker that was is gone. */
  | (Terms & { readonly status: 'interrupted' })
  /** `decision` null: the person is still to be asked. */
  | (Held & { readonly status: 'held'; readonly decision: string | null })
  /** A person lets its changes stay: they are still to become the run's. */
  | (Held & { readonly status: 'released' })
  /** It is not to run, and the model is still to be told why. `attempt`: how often it was started before. */
  | (Named & {
      readonly status: 'refused';
      readonly arguments: Json | null;
      readonly outcome: 'denied' | 'invalid' | 'rejected';
      readonly reason: string;
      readonly attempt: number;
    })
  /** A person has answered what it asked, and the model is still to be told. */
  | (Named & { readonly status: 'answered'; readonly arguments: Json; readonly answer: string })
  | (Named & { readonly status: 'finished' });

export type CallIn<Status extends Call['status']> = Extract<Call, { status: Status }>;

/** Calls that ran into the end of their worker so often are not run again unasked. */
export const mostLosses = 2;

/** Whether an interrupted call runs again only if a person says so: one approval is for one attempt, and what went out may have arrived. */
export const asksAgain = ({ asks, network, repeatable }: CallIn<'interrupted'>): boolean =>
  asks || (network.length > 0 && !repeatable);

/** Whether it may be started as it is; for a call that was approved, on the tree whose id is given. */
export const mayStart = (call: Call, tree: string | null): call is CallIn<'ready' | 'interrupted'> => {
  if (call.status === 'ready') return call.approval === null ? !call.asks : call.approval.tree === tree;
  return call.status === 'interrupted' && !asksAgain(call) && call.losses < mostLosses;
};

/** Whether it may change the tree. */
export const changesTree = ({ tool }: Named): boolean => {
  const name = ToolName.safeParse(tool);
  return name.success && toolNature[name.data] === 'changes';
};

/** The hosts that a call may reach with these arguments. */
const networkOf = (tool: string, args: Json): readonly string[] => {
  const parsed = parseCall(tool, args);
  return parsed.outcome === 'ok' ? parsed.call.network : [];
};

/** What the status of a call says about how often it was started. */
export const attemptsOf = (call: Call): number => ('attempt' in call ? call.attempt : 0);

export const judged = (call: Call, body: Body<'call.judged'>): Call => {
  if (call.status !== 'asked') return call;
  const { id } = call;
  const { tool, verdict, reason, network, repeatable, arguments: args } = body;
  if (verdict === 'invalid' || verdict === 'deny')
    return {
      status: 'refused',
      id,
      tool,
      arguments: args,
      outcome: verdict === 'deny' ? 'denied' : 'invalid',
      reason: verdict === 'deny' ? `Policy denies this call: ${reason} Do without it.` : reason,
      attempt: 0,
    };
  const terms = { id, tool, arguments: args, network, repeatable, reason, attempt: 0, losses: 0 };
  return verdict === 'ask'
    ? { status: 'judged', ...terms, asks: true }
    : { status: 'ready', ...terms, asks: false, approval: null };
};

const termsOf = (call: Terms): Terms => ({
  id: call.id,
  tool: call.tool,
  arguments: call.arguments,
  network: call.network,
  repeatable: call.repeatable,
  asks: call.asks,
  reason: call.reason,
  attempt: call.attempt,
  losses: call.losses,
});

export const askedAbout = (call: Call, request: DecisionRequest): Call => {
  switch (call.status) {
    case 'judged':
    case 'waiting':
    case 'ready':
    case 'interrupted':
      return { status: 'waiting', ...termsOf(call), decision: request.id };
    case 'held':
      return { ...call, decision: request.id };
    case 'asked':
    case 'running':
    case 'released':
    case 'refused':
    case 'answered':
    case 'finished':
      return call;
  }
};

/** What a person's verdict makes of a call whose changes wait for it. */
const decidedOnChanges = (call: CallIn<'held'>, verdict: DecisionVerdict): Call => {
  const { id, tool, arguments: args, attempt, after } = call;
  if (verdict.kind === 'approved') return { status: 'released', id, tool, arguments: args, attempt, after };
  const why = verdict.kind === 'rejected' && verdict.reason !== '' ? `: ${verdict.reason}` : '.';
  const reason = `This call ran, and a person rejected what it changed${why}\nThe workspace is as it was before the call.`;
  return { status: 'refused', id, tool, arguments: args, outcome: 'rejected', reason, attempt };
};

/** What a person's verdict makes of the call that waits for it. */
export const decidedOn = (call: Call, request: DecisionRequest, verdict: DecisionVerdict): Call => {
  if (call.status === 'held' && call.decision === request.id) return decidedOnChanges(call, verdict);
  if (call.status !== 'waiting' || call.decision !== request.id) return call;
  const { id, tool, attempt } = call;
  switch (verdict.kind) {
    case 'approved': {
      const args = verdict.arguments ?? request.arguments;
      return {
        status: 'ready',
        ...termsOf(call),
        arguments: args,
        network: networkOf(tool, args),
        approval: { decision: request.id, tree: request.tree },
      };
    }
    case 'rejected': {
      const reason = `A person rejected this call${verdict.reason === '' ? '.' : `: ${verdict.reason}`}`;
      return { status: 'refused', id, tool, arguments: call.arguments, outcome: 'rejected', reason, attempt };
    }
    case 'answered':
      return { status: 'answered', id, tool, arguments: call.arguments, answer: verdict.answer };
  }
};

/** Starting a call uses up its approval: what was interrupted is ready again only by another one. */
export const started = (call: Call, { attempt, arguments: args }: Body<'call.started'>): Call => {
  const begins =
    call.status === 'ready' || (call.status === 'interrupted' && !asksAgain(call) && call.losses < mostLosses);
  return begins
    ? { status: 'running', ...termsOf(call), arguments: args, network: networkOf(call.tool, args), attempt }
    : call;
};

/** `lost`: its worker died, which the call may be to blame for; else it was told to stop. */
export const interrupted = (call: Call, lost: boolean): Call =>
  call.status === 'running' ? { status: 'interrupted', ...termsOf(call), losses: call.losses + (lost ? 1 : 0) } : call;

export const held = (call: Call, { checkpoint }: Body<'call.held'>): Call => {
  if (call.status !== 'running') return call;
  const { id, tool, arguments: args, attempt } = call;
  return { status: 'held', id, tool, arguments: args, attempt, after: checkpoint, decision: null };
};

export const finished = ({ id, tool }: Call): Call => ({ status: 'finished', id, tool });
