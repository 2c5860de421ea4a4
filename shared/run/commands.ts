import { checkDecision, type DecideInput } from './decide.ts';
import type { EventBody, ReviewComment, RunEvent, WorkerEvent } from './events.ts';
import { accept } from './accept.ts';
import { lossDecision, lossesInARow, startAgainAt } from './losses.ts';
import { fold } from './reduce.ts';
import { refuse, type Refusal } from './refusal.ts';
import { isTerminal, openDecisions, type Delay, type RunState } from './state.ts';

/** What the engine said of an activation that it has, or is being given, and that no worker has begun with. */
interface AwaitedDelay {
  /** Of whom, such as: a task run of Trigger.dev */
  readonly asked: string;
  readonly said: string;
  readonly remedy: string | null;
  readonly retryAt: string | null;
}

/** All that can be done to a run, by a person, its worker or the supervisor. */
export type Command =
  | { readonly kind: 'lease'; readonly activation: string; readonly worker: string }
  | {
      readonly kind: 'append';
      readonly activation: string;
      readonly fence: number;
      readonly events: readonly WorkerEvent[];
    }
  /** No worker began with it. Refused once one has. */
  | { readonly kind: 'defer'; readonly activation: string; readonly reason: string; readonly remedy: string | null }
  /** No worker has begun with it so far. Refused once one has, and where it is known already. */
  | { readonly kind: 'await'; readonly activation: string; readonly delay: AwaitedDelay }
  /** The engine will never begin with it: to ask again would be in vain. Refused once a worker has begun. */
  | { readonly kind: 'refuse'; readonly activation: string; readonly reason: string; readonly remedy: string }
  /** The worker that had it is dead. Refused while it is queued. */
  | { readonly kind: 'lose'; readonly activation: string; readonly reason: string }
  /** The worker that had it was told to stop, and has. Refused while it is queued. */
  | { readonly kind: 'return'; readonly activation: string; readonly reason: string }
  | ({ readonly kind: 'decide'; readonly by: string } & DecideInput)
  | { readonly kind: 'expire'; readonly decision: string }
  | { readonly kind: 'renew'; readonly decision: string; readonly by: string }
  | { readonly kind: 'fire' }
  | { readonly kind: 'message'; readonly by: string; readonly text: string }
  | {
      readonly kind: 'review';
      readonly by: string;
      readonly verdict: 'accepted' | 'rejected' | 'changes';
      readonly reason: string;
      readonly comments: readonly ReviewComment[];
    }
  | {
      readonly kind: 'applied';
      readonly by: string;
      readonly how: 'worktree' | 'branch' | 'undo';
      readonly target: string;
      readonly files: number;
      readonly conflicts: number;
    }
  | { readonly kind: 'cancel'; readonly by: string; readonly reason: string }
  /** Whether its tree is still there, whoever sends this has looked. */
  | { readonly kind: 'resume'; readonly by: string };

/** What a command brings with it from outside, so that obeying it stays pure. */
export interface Circumstances {
  readonly at: string;
  /** A fresh id, in case another activation is queued. */
  readonly activation: string;
  /** A fresh id, in case a person is asked. */
  readonly decision: string;
  /** From [0, 1): spreads what is tried again. */
  readonly jitter: number;
  /** Lower-case hex. */
  readonly sha256: (text: string) => string;
}

export type Obeyed =
  | { readonly outcome: 'done'; readonly events: readonly EventBody[]; readonly state: RunState }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/**
 * What a command does to a run: the events to append, in order, and the state after them. Includes the next activation
 * where the command ended a wait, so that whoever appends these together cannot lose a wake-up.
 */
export const obey = (state: RunState, command: Command, circumstances: Circumstances): Obeyed => {
  const bodies = eventsFor(state, command, circumstances);
  if ('outcome' in bodies) return bodies;
  return settle(state, bodies, circumstances);
};

/** Folds the events and, where that leaves the run with nothing to wait for, adds what follows by itself. */
export const settle = (
  state: RunState,
  bodies: readonly EventBody[],
  circumstances: Circumstances,
): Extract<Obeyed, { outcome: 'done' }> => {
  const after = foldBodies(state, bodies, circumstances.at);
  if (after.status !== 'ready') return { outcome: 'done', events: bodies, state: after };
  const follow = whatFollows(after, circumstances);
  return { outcome: 'done', events: [...bodies, ...follow], state: foldBodies(after, follow, circumstances.at) };
};

const whatFollows = (
  state: Extract<RunState, { status: 'ready' }>,
  circumstances: Circumstances,
): readonly EventBody[] => {
  // Without the worker that would say so: workers are what there was trouble with.
  if (state.givenUp?.class === 'infrastructure') return [{ type: 'run.failed', v: 1, ...state.givenUp }];
  if (state.reason === 'lost' && state.losses >= lossesInARow) {
    const request = lossDecision(state, circumstances);
    return [
      { type: 'decision.requested', v: 2, request },
      { type: 'run.paused', v: 1, decision: request.id },
    ];
  }
  return [{ type: 'activation.queued', v: 2, activation: circumstances.activation, reason: state.reason }];
};

const foldBodies = (state: RunState, bodies: readonly EventBody[], at: string): RunState =>
  fold(
    bodies.map((body, index): RunEvent => ({
      run: state.id,
      seq: state.seq + 1 + index,
      position: 1,
      at,
      activation: null,
      body,
    })),
    state,
  ) ?? state;

const eventsFor = (
  state: RunState,
  command: Command,
  circumstances: Circumstances,
): readonly EventBody[] | Extract<Obeyed, { outcome: 'refused' }> => {
  switch (command.kind) {
    case 'lease':
      if (state.status !== 'queued' || state.activation !== command.activation)
        return refuse(
          'fenced',
          `Activation ${command.activation} of run ${state.id} is not queued: the run is ${state.status}.`,
          'Take the next activation.',
        );
      return [
        {
          type: 'activation.leased',
          v: 1,
          activation: command.activation,
          fence: state.fence + 1,
          worker: command.worker,
        },
      ];
    case 'append': {
      if (!holdsLease(state, command)) return lostLease(state, command);
      const accepted = accept(state, command.events, (from, bodies) => foldBodies(from, bodies, circumstances.at));
      return accepted.outcome === 'refused' ? accepted : accepted.events;
    }
    case 'defer':
      if (state.status !== 'queued' || state.activation !== command.activation) return notSo(state, command, 'queued');
      return [
        {
          type: 'activation.deferred',
          v: 2,
          activation: command.activation,
          next: circumstances.activation,
          reason: command.reason,
          remedy: command.remedy,
          retryAt: startAgainAt(state.delay?.failures ?? 0, circumstances),
        },
      ];
    case 'await': {
      const { activation, delay } = command;
      if (state.status !== 'queued' || state.activation !== activation) return notSo(state, command, 'queued');
      if (saysTheSame(state.delay, delay))
        return refuse('conflict', `Run ${state.id} says so already.`, 'Nothing is left to do.');
      return [{ type: 'activation.awaited', v: 1, activation, ...delay }];
    }
    case 'refuse':
      if (state.status !== 'queued' || state.activation !== command.activation) return notSo(state, command, 'queued');
      return [
        { type: 'run.failed', v: 1, class: 'infrastructure', message: `${command.reason} ${command.remedy}`.trim() },
      ];
    case 'lose':
      if (state.status !== 'working' || state.activation !== command.activation)
        return notSo(state, command, 'at work');
      return [{ type: 'activation.lost', v: 1, activation: command.activation, reason: command.reason }];
    case 'return':
      if (state.status !== 'working' || state.activation !== command.activation)
        return notSo(state, command, 'at work');
      return [{ type: 'activation.returned', v: 1, activation: command.activation, reason: command.reason }];
    case 'decide': {
      if (isTerminal(state)) return over(state);
      const checked = checkDecision(state, command, circumstances.at);
      if (checked.outcome === 'refused') return checked;
      return [
        {
          type: 'decision.made',
          v: 1,
          decision: command.decision,
          hash: command.hash,
          verdict: command.verdict,
          by: command.by,
        },
      ];
    }
    case 'expire': {
      const open = state.decisions[command.decision];
      if (isTerminal(state) || open?.status !== 'pending' || open.request.expiresAt > circumstances.at)
        return refuse('conflict', `Decision ${command.decision} has not expired undecided.`, 'Nothing is left to do.');
      return [{ type: 'decision.expired', v: 1, decision: command.decision }];
    }
    case 'renew': {
      if (isTerminal(state)) return over(state);
      const open = openDecisions(state).find((candidate) => candidate.request.id === command.decision);
      if (open === undefined)
        return refuse(
          'not_found',
          `Run ${state.id} has no open decision ${command.decision}.`,
          'List what is open with: longhaul decisions',
        );
      const expiresAt = new Date(Date.parse(circumstances.at) + state.task.decisionHours * 3_600_000).toISOString();
      return [{ type: 'decision.renewed', v: 1, decision: command.decision, expiresAt, by: command.by }];
    }
    case 'fire':
      if (state.status !== 'waiting' || state.until.kind !== 'time' || state.until.at > circumstances.at)
        return refuse('conflict', `Run ${state.id} waits for no timer that is due.`, 'Nothing is left to do.');
      return [{ type: 'timer.fired', v: 1 }];
    case 'message':
      if (isTerminal(state)) return over(state);
      if (state.status === 'reviewing')
        return refuse(
          'conflict',
          `Run ${state.id} is in review: the agent is not listening.`,
          `Request changes instead: longhaul discard ${state.id} --changes "…"`,
        );
      if (state.wrapUp !== null)
        return refuse(
          'conflict',
          `A person stopped the work of run ${state.id}: the agent is not listening.`,
          `Wait until it is in review, then request changes: longhaul discard ${state.id} --changes "…"`,
        );
      return [{ type: 'message.sent', v: 1, by: command.by, text: command.text }];
    case 'review':
      if (state.status !== 'reviewing')
        return isTerminal(state)
          ? over(state)
          : refuse(
              'conflict',
              `Run ${state.id} is ${state.status}, not in review.`,
              `Wait until it is: longhaul watch ${state.id}`,
            );
      if (command.verdict === 'changes' && command.reason === '' && command.comments.length === 0)
        return refuse('invalid', 'Changes were requested without saying which.', 'Give a reason or comments.');
      return [
        {
          type: 'review.decided',
          v: 1,
          by: command.by,
          verdict: command.verdict,
          reason: command.reason,
          comments: [...command.comments],
        },
      ];
    case 'applied': {
      const { kind: _kind, ...fields } = command;
      return [{ type: 'changes.applied', v: 1, ...fields }];
    }
    case 'cancel':
      if (isTerminal(state)) return over(state);
      return [{ type: 'run.cancelled', v: 1, by: command.by, reason: command.reason }];
    case 'resume':
      if (state.status === 'failed' || state.status === 'cancelled')
        return [{ type: 'run.resumed', v: 1, by: command.by }];
      return refuse(
        'conflict',
        `Run ${state.id} has not failed and was not cancelled: it is ${state.status}.`,
        isTerminal(state)
          ? 'Delegate it again if there is more to do.'
          : `Follow it instead: longhaul watch ${state.id}`,
      );
  }
};

/** When it is asked again moves on all the time, and is no news. */
const saysTheSame = (known: Delay | null, told: AwaitedDelay): boolean =>
  known !== null &&
  known.said === told.said &&
  known.remedy === told.remedy &&
  (known.kind === 'deferred' || known.asked === told.asked);

const notSo = (state: RunState, { activation }: { readonly activation: string }, how: string) =>
  refuse('conflict', `Activation ${activation} of run ${state.id} is not ${how}.`, 'Nothing is left to do.');

const holdsLease = (state: RunState, { activation, fence }: { activation: string; fence: number }): boolean =>
  state.status === 'working' && state.activation === activation && state.fence === fence;

const lostLease = (state: RunState, { activation, fence }: { activation: string; fence: number }) =>
  isTerminal(state)
    ? over(state)
    : refuse(
        'fenced',
        `Activation ${activation} with fence ${fence} does not hold run ${state.id}, which is ${state.status} at fence ${state.fence}.`,
        'Stop; whatever was not appended is done again by the next activation.',
      );

const over = (state: RunState) =>
  refuse('terminal', `Run ${state.id} is over: it was ${state.status}.`, 'Delegate it again if there is more to do.');
