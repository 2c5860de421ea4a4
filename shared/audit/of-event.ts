import type { EventBody } from '../run/events.ts';
import { placeOf } from '../run/effect.ts';
import type { RunState } from '../run/state.ts';
import type { Audited } from './record.ts';

const control = 'longhaul';

/** What of an event is of consequence to whoever has to answer for what agents do; null: nothing. `before`: the run as it was; of one that begins, as it is. */
export const auditedOf = (body: EventBody, before: RunState): Audited | null => {
  const found = factOf(body, before);
  return found && { run: before.id, ...found, detail: { number: before.number, ...found.detail } };
};

type Fact = Omit<Audited, 'run'>;

const factOf = (body: EventBody, before: RunState): Fact | null => {
  switch (body.type) {
    case 'run.created': {
      const { repository, requester, recipe, output, source } = body.task;
      const { commit } = source;
      return { actor: requester, action: 'run.delegated', detail: { repository, recipe, output: output.kind, commit } };
    }
    case 'decision.made':
      return decided(body, before);
    case 'decision.expired':
      return { actor: control, action: 'decision.expired', detail: { decision: body.decision } };
    case 'decision.renewed':
      return { actor: body.by, action: 'decision.renewed', detail: { decision: body.decision } };
    case 'review.decided': {
      const { by, verdict, from } = body;
      const result = before.result?.patch ?? null;
      return { actor: by, action: `review.${verdict}`, detail: { round: before.round, from, result } };
    }
    case 'changes.applied': {
      const { by, how, files, conflicts } = body;
      return {
        actor: by,
        action: how === 'undo' ? 'result.undone' : 'result.applied',
        detail: { how, files, conflicts },
      };
    }
    case 'message.sent':
      return { actor: body.by, action: 'message.sent', detail: {} };
    case 'run.cancelled':
      return { actor: body.by, action: 'run.cancelled', detail: {} };
    case 'run.resumed':
      return { actor: body.by, action: 'run.resumed', detail: {} };
    case 'run.deleted':
      return { actor: body.by, action: 'run.deleted', detail: { status: before.status } };
    case 'effect.requested': {
      const { key, effect, by } = body;
      return { actor: by, action: 'effect.requested', detail: { key, remote: effect.remote, place: placeOf(effect) } };
    }
    case 'effect.done': {
      const { key, result } = body;
      return {
        actor: control,
        action: 'effect.done',
        detail: { key, reference: result.reference, adopted: result.adopted },
      };
    }
    case 'effect.failed':
      return { actor: control, action: 'effect.failed', detail: { key: body.key } };
    default:
      return null;
  }
};

const decided = (
  { decision, hash, verdict, by }: Extract<EventBody, { type: 'decision.made' }>,
  { decisions }: RunState,
): Fact => {
  const { kind = null, tool = null, requester = null } = decisions[decision]?.request ?? {};
  const edited = verdict.kind === 'approved' && verdict.arguments !== null;
  return {
    actor: by,
    action: 'decision.made',
    detail: { decision, hash, kind, tool, call: requester?.call ?? null, verdict: verdict.kind, edited },
  };
};
