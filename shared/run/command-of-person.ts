import { afterEnd, over, type Circumstances, type Told, type Wanted } from './command.ts';
import { checkDecision } from './decide.ts';
import { notOver } from './not-over.ts';
import { approvedToPublish } from './publish-decision.ts';
import { refuse } from './refusal.ts';
import { anotherResult } from './stale-result.ts';
import { archivedBy, isPausable, isTerminal, openDecisions, pausedBy, type RunState } from './state.ts';
import { actor } from '../text/clean.ts';

export const decided = (state: RunState, command: Told<'decide'>, circumstances: Circumstances): Wanted => {
  if (isTerminal(state)) return over(state);
  const checked = checkDecision(state, command, circumstances.at);
  if (checked.outcome === 'refused') return checked;
  const { decision, hash, verdict, by } = command;
  const request = state.decisions[decision]?.request;
  const follows =
    request?.kind === 'publish' && verdict.kind === 'approved' ? approvedToPublish(state, request, by) : [];
  if ('outcome' in follows) return follows;
  return [{ type: 'decision.made', v: 1, decision, hash, verdict, by }, ...follows];
};

export const renewed = (state: RunState, command: Told<'renew'>, circumstances: Circumstances): Wanted => {
  if (isTerminal(state)) return over(state);
  const open = openDecisions(state).find((candidate) => candidate.request.id === command.decision);
  if (open === undefined)
    return refuse(
      'not_found',
      `Run ${state.number} has no open decision ${command.decision}.`,
      'List what is open with: longhaul decisions',
    );
  const expiresAt = new Date(Date.parse(circumstances.at) + state.task.decisionHours * 3_600_000).toISOString();
  return [{ type: 'decision.renewed', v: 1, decision: command.decision, expiresAt, by: command.by }];
};

export const messaged = (state: RunState, command: Told<'message'>): Wanted => {
  if (isTerminal(state)) return over(state);
  if (state.status === 'reviewing')
    return refuse(
      'conflict',
      `Run ${state.number} is in review: the agent is not listening.`,
      `Request changes instead: longhaul discard ${state.number} --changes "…"`,
    );
  if (state.wrapUp !== null)
    return refuse(
      'conflict',
      `A person stopped the work of run ${state.number}: the agent is not listening.`,
      `Wait until it is in review, then request changes: longhaul discard ${state.number} --changes "…"`,
    );
  return [{ type: 'message.sent', v: 1, by: command.by, text: command.text }];
};

export const reviewed = (state: RunState, command: Told<'review'>): Wanted => {
  if (state.status !== 'reviewing')
    return isTerminal(state)
      ? over(state)
      : refuse(
          'conflict',
          `Run ${state.number} is ${state.status}, not in review.`,
          `Wait until it is: longhaul watch ${state.number}`,
        );
  if (command.round !== state.round || (command.patch !== null && command.patch !== state.result?.patch))
    return anotherResult(state, command);
  if (command.verdict === 'changes' && command.reason === '' && command.comments.length === 0)
    return refuse('invalid', 'Changes were requested without saying which.', 'Give a reason or comments.');
  return [
    {
      type: 'review.decided',
      v: 3,
      by: command.by,
      from: 'person',
      verdict: command.verdict,
      reason: command.reason,
      comments: [...command.comments],
      merge: null,
    },
  ];
};

export const applied = (state: RunState, command: Told<'applied'>): Wanted => {
  const { kind: _kind, ...fields } = command;
  return [{ type: 'changes.applied', v: 1, ...fields }];
};

export const cancelled = (state: RunState, command: Told<'cancel'>): Wanted => {
  if (isTerminal(state)) return over(state);
  return [{ type: 'run.cancelled', v: 1, by: command.by, reason: command.reason }];
};

export const paused = (state: RunState, command: Told<'pause'>): Wanted => {
  if (isTerminal(state)) return over(state);
  if (isPausable(state)) return [{ type: 'pause.requested', v: 1, by: command.by }];
  const by = pausedBy(state);
  if (by !== null)
    return refuse(
      'conflict',
      `Run ${state.number} is paused already, by ${actor(by)}.`,
      `Have it go on with: longhaul resume ${state.number}`,
    );
  return refuse(
    'conflict',
    `Run ${state.number} waits for a person and does nothing until then: there is nothing to pause.`,
    `Look at what it waits for: longhaul show ${state.number}`,
  );
};

export const resumed = (state: RunState, command: Told<'resume'>): Wanted => {
  if (pausedBy(state) !== null) return [{ type: 'pause.ended', v: 1, by: command.by }];
  if (state.status === 'failed' || state.status === 'cancelled') return [{ type: 'run.resumed', v: 1, by: command.by }];
  return refuse(
    'conflict',
    `Run ${state.number} is not paused, has not failed and was not cancelled: it is ${state.status}.`,
    isTerminal(state) ? afterEnd(state) : `Follow it instead: longhaul watch ${state.number}`,
  );
};

export const archived = (state: RunState, { kind, by }: Told<'archive' | 'unarchive'>): Wanted => {
  if (!isTerminal(state)) return notOver(state);
  if (kind === 'archive' && archivedBy(state) === null) return [{ type: 'run.archived', v: 1, by }];
  if (kind === 'unarchive' && archivedBy(state) !== null) return [{ type: 'run.unarchived', v: 1, by }];
  return refuse(
    'conflict',
    `Run ${state.number} is ${kind === 'archive' ? 'archived already' : 'not archived'}.`,
    'Nothing is left to do.',
  );
};
