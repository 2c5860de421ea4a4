import { createHash } from 'node:crypto';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import { buildContext } from '../../agent/context.ts';
import { compactionRequest } from '../../agent/compaction.ts';
import { instructions } from '../../agent/instructions.ts';
import { uniqueCalls } from '../../agent/unique-calls.ts';
import { canResume, withImages } from '../../models/failure.ts';
import type { ModelFailure, ModelOutcome } from '../../models/model.ts';
import type { StepContext } from '../ports/ports.ts';
import { toolSpecs } from '../../tools/index.ts';
import { retryAt } from './backoff.ts';

interface Attempt {
  readonly turn: number;
  readonly attempt: number;
}

/** Asks the model for the next turn: one event, whatever it wants to do. Nothing comes of an aborted call. */
export const takeTurn = async (
  context: StepContext,
  step: Attempt & { readonly responseId: string | null },
): Promise<readonly WorkerEvent[]> => {
  const { state, events, ports, signal, append } = context;
  const { turn, attempt } = step;
  let { responseId } = step;
  const request = {
    instructions: instructions(state.task),
    items: buildContext(events),
    tools: toolSpecs(state.task.policy, state.task.output),
  };
  const images = await ports.images();
  const outcome = await ports.model.respond(
    {
      ...request,
      ...(images.length === 0 ? {} : { images }),
      idempotencyKey: keyOf(`${state.id}-${turn}-${attempt}`, request),
      ...(step.responseId === null ? {} : { resume: { responseId: step.responseId } }),
    },
    {
      signal,
      onResponseId: (id) => {
        responseId = id;
        return append([{ type: 'model.accepted', v: 1, turn, attempt, responseId: id }]);
      },
    },
  );
  if (outcome.kind !== 'completed')
    return unanswered(context, { turn, attempt, responseId }, saidOfImages(outcome, images.length));
  const { usage } = outcome;
  return [
    {
      type: 'turn.taken',
      v: 2,
      turn,
      attempt,
      model: ports.model.name,
      items: [...uniqueCalls(events, outcome.items)],
      oddities: [...outcome.oddities],
      usage,
      cost: usage === null ? null : ports.price(usage),
    },
  ];
};

/** What may be the reason, where a request with images was refused. */
const saidOfImages = (
  outcome: Exclude<ModelOutcome, { kind: 'completed' }>,
  images: number,
): Exclude<ModelOutcome, { kind: 'completed' }> =>
  outcome.kind === 'failed' ? { ...outcome, failure: withImages(outcome.failure, images) } : outcome;

/** The same for the same question, and for no other: what an attempt asks is another thing once earlier turns were summed up. */
const keyOf = (attempt: string, request: object): string =>
  `${attempt}-${createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 16)}`;

/** Has earlier turns summed up, so that the rest fits. */
export const compact = async (context: StepContext, step: Attempt): Promise<readonly WorkerEvent[]> => {
  const { state, events, ports, signal } = context;
  const { through, request } = compactionRequest(events, ports.model.contextWindow);
  const outcome = await ports.model.respond(
    { ...request, idempotencyKey: keyOf(`${state.id}-${step.turn}-compaction-${step.attempt}`, request) },
    { signal },
  );
  if (outcome.kind !== 'completed') return unanswered(context, step, outcome);
  const summary = outcome.items.flatMap((item) => (item.type === 'message' ? [item.text] : [])).join('\n\n');
  const { usage } = outcome;
  return [
    { type: 'context.compacted', v: 1, through, summary, usage, cost: usage === null ? null : ports.price(usage) },
  ];
};

const unanswered = (
  { ports }: StepContext,
  { turn, attempt, responseId = null }: Attempt & { readonly responseId?: string | null },
  outcome: Exclude<ModelOutcome, { kind: 'completed' }>,
): readonly WorkerEvent[] => {
  if (outcome.kind === 'aborted') return [];
  const { failure } = outcome;
  const { code, message, retryable, status } = failure;
  return [
    {
      type: 'model.failed',
      v: 1,
      turn,
      attempt,
      trouble: { code, message, retryable, status },
      retryAt: retryAt(failure, { attempt, now: ports.clock.now(), random: ports.random() }),
      resume: responseId !== null && canResume(failure) ? responseId : null,
      usage: failure.usage,
      cost: costOfFailure(failure, ports.price),
    },
  ];
};

/** A call that the endpoint refused, or that was not made for want of a key, cost nothing; one that broke off may have cost anything. */
const costOfFailure = (failure: ModelFailure, price: StepContext['ports']['price']): number | null => {
  if (failure.usage !== null) return price(failure.usage);
  return failure.code === 'auth' || (failure.status !== null && failure.status >= 400) ? 0 : null;
};
