import { decisionSubject, type DecisionRequest } from '../decision/decision.ts';
import type { RunState } from './state.ts';

/** Workers that may be lost one after the other with no progress between them, before a person is asked. */
export const lossesInARow = 5;

/** Ms: the first pause is at most this long; each further one at most twice as long. */
const firstPauseMs = 1_000;
const longestPauseMs = 300_000;

/** How long to wait after so many failures before this one: exponential with full jitter, as AWS's builders' library has it. `jitter` is from [0, 1). */
export const backOffMs = (failures: number, jitter: number): number =>
  Math.round(jitter * Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20)));

/** When to ask the engine again after so many failed starts (ISO). */
export const startAgainAt = (
  failures: number,
  { at, jitter }: { readonly at: string; readonly jitter: number },
): string => {
  return new Date(Date.parse(at) + backOffMs(failures, jitter)).toISOString();
};

export interface Asking {
  readonly at: string;
  /** A fresh id. */
  readonly decision: string;
  readonly sha256: (text: string) => string;
}

/** Longhaul's own question about a run that loses every worker: it may be the run, it may be the machine. */
export const lossDecision = (state: RunState, { at, decision, sha256 }: Asking): DecisionRequest => {
  const request: Omit<DecisionRequest, 'hash'> = {
    id: decision,
    kind: 'retry',
    requester: { turn: state.turn?.number ?? 0, call: null },
    action: 'Try again with another worker',
    tool: null,
    arguments: { losses: state.losses },
    tree: null,
    reason: `Its worker was lost ${state.losses} times in a row without getting anywhere. The runner's log says how each of them ended (longhaul doctor shows where it is).`,
    consequence:
      'If you approve, the run goes on from its last checkpoint with another worker. If you reject it, the run ends as failed; it can be resumed later (longhaul retry).',
    expiresAt: new Date(Date.parse(at) + state.task.decisionHours * 3_600_000).toISOString(),
    onExpiry: 'The run goes on waiting, with all that it has, until somebody asks again.',
    choices: [],
  };
  return { ...request, hash: sha256(decisionSubject(state.id, request)) };
};

/** Is it the question above, and not the one about a model? */
export const isAboutLosses = ({ kind, requester, arguments: asked }: DecisionRequest): boolean =>
  kind === 'retry' && requester.call === null && typeof asked === 'object' && asked !== null && 'losses' in asked;
