import { over, type AwaitedDelay, type Circumstances, type Told, type Wanted } from './command.ts';
import { startAgainAt } from './losses.ts';
import { refuse } from './refusal.ts';
import { isTerminal, type Delay, type RunState } from './state.ts';

export const leased = (state: RunState, command: Told<'lease'>): Wanted => {
  if (state.status !== 'queued' || state.activation !== command.activation)
    return refuse(
      'fenced',
      `Activation ${command.activation} of run ${state.number} is not queued: the run is ${state.status}.`,
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
};

export const deferred = (state: RunState, command: Told<'defer'>, circumstances: Circumstances): Wanted => {
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
};

export const awaited = (state: RunState, command: Told<'await'>): Wanted => {
  const { activation, delay } = command;
  if (state.status !== 'queued' || state.activation !== activation) return notSo(state, command, 'queued');
  if (saysTheSame(state.delay, delay))
    return refuse('conflict', `Run ${state.number} says so already.`, 'Nothing is left to do.');
  return [{ type: 'activation.awaited', v: 1, activation, ...delay }];
};

export const refused = (state: RunState, command: Told<'refuse'>): Wanted => {
  if (state.status !== 'queued' || state.activation !== command.activation) return notSo(state, command, 'queued');
  return [{ type: 'run.failed', v: 1, class: 'infrastructure', message: `${command.reason} ${command.remedy}`.trim() }];
};

export const lost = (state: RunState, command: Told<'lose'>, { leaseUntil }: Circumstances): Wanted => {
  if (state.status !== 'working' || state.activation !== command.activation) return notSo(state, command, 'at work');
  return [{ type: 'activation.lost', v: 2, activation: command.activation, reason: command.reason, leaseUntil }];
};

export const returned = (state: RunState, command: Told<'return'>): Wanted => {
  if (state.status !== 'working' || state.activation !== command.activation) return notSo(state, command, 'at work');
  return [{ type: 'activation.returned', v: 1, activation: command.activation, reason: command.reason }];
};

export const expired = (state: RunState, command: Told<'expire'>, circumstances: Circumstances): Wanted => {
  const open = state.decisions[command.decision];
  if (isTerminal(state) || open?.status !== 'pending' || open.request.expiresAt > circumstances.at)
    return refuse('conflict', `Decision ${command.decision} has not expired undecided.`, 'Nothing is left to do.');
  return [{ type: 'decision.expired', v: 1, decision: command.decision }];
};

export const fired = (state: RunState, _command: Told<'fire'>, circumstances: Circumstances): Wanted => {
  if (state.status !== 'waiting' || state.until.kind !== 'time' || state.until.at > circumstances.at)
    return refuse('conflict', `Run ${state.number} waits for no timer that is due.`, 'Nothing is left to do.');
  return [{ type: 'timer.fired', v: 1 }];
};

/** When it is asked again moves on all the time, and is no news. */
const saysTheSame = (known: Delay | null, told: AwaitedDelay): boolean =>
  known !== null &&
  known.said === told.said &&
  known.remedy === told.remedy &&
  (known.kind === 'deferred' || known.asked === told.asked);

const notSo = (state: RunState, { activation }: { readonly activation: string }, how: string) =>
  refuse('conflict', `Activation ${activation} of run ${state.number} is not ${how}.`, 'Nothing is left to do.');

export const holdsLease = (state: RunState, { activation, fence }: { activation: string; fence: number }): boolean =>
  state.status === 'working' && state.activation === activation && state.fence === fence;

export const lostLease = (state: RunState, { activation, fence }: { activation: string; fence: number }) =>
  isTerminal(state)
    ? over(state)
    : refuse(
        'fenced',
        `Activation ${activation} with fence ${fence} does not hold run ${state.number}, which is ${state.status} at fence ${state.fence}.`,
        'Stop; whatever was not appended is done again by the next activation.',
      );
