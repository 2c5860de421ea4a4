import type { EventBody, RunEvent } from '../../shared/run/events.ts';

/** What is left of a log when crashes and the time they took are taken out: what an undisturbed run has as well. */
export const normalised = (events: readonly RunEvent[]): readonly object[] => {
  const bodies = events.map(({ body }) => body);
  const retries = new Set(bodies.flatMap((body) => (isRetry(body) ? [body.request.id] : [])));
  return bodies
    .filter((body, index) => !isOfCrash(bodies, body, index) && !('decision' in body && retries.has(body.decision)))
    .map(plain);
};

/** A call that a person approved, or that had network access, is asked about again after a crash. */
const isRetry = (body: EventBody): body is Extract<EventBody, { type: 'decision.requested' }> =>
  body.type === 'decision.requested' && body.request.kind === 'retry' && body.request.requester.call !== null;

/** Activations come and go with crashes; a start that was not finished is started again; a lost model call is asked again. */
const isOfCrash = (bodies: readonly EventBody[], body: EventBody, index: number): boolean => {
  switch (body.type) {
    case 'activation.queued':
    case 'activation.leased':
    case 'activation.deferred':
    case 'activation.awaited':
    case 'activation.lost':
    case 'activation.returned':
    case 'activation.ended':
    case 'model.lost':
    // Where the disk is not shared, each checkpoint comes with its upload, and a crash can bring a move.
    case 'checkpoint.saved':
    case 'checkpoint.uploaded':
    case 'workspace.rebuilt':
      return true;
    case 'decision.requested':
      return isRetry(body);
    case 'prepare.started':
      return bodies.slice(index + 1).some((later) => later.type === 'prepare.started');
    case 'model.started':
      return bodies
        .slice(index + 1)
        .some((later) => later.type === 'model.started' && later.turn === body.turn && later.purpose === body.purpose);
    case 'call.started':
      return bodies.slice(index + 1).some((later) => later.type === 'call.started' && later.call === body.call);
    case 'verification.started':
    case 'setup.started': {
      const restarted = bodies
        .slice(index + 1)
        .find((later) => later.type === body.type || later.type === 'repair.requested');
      return restarted?.type === body.type && restarted.index === body.index;
    }
    default:
      return false;
  }
};

/** Drops what no two runs share: durations, attempts, ids and times of decisions. */
const plain = (body: EventBody): object =>
  // safe: parsing what was just written as JSON gives plain objects
  JSON.parse(JSON.stringify(body, (key, value: unknown) => (volatile.has(key) ? undefined : value))) as object;

const volatile = new Set([
  'durationMs',
  'attempt',
  'expiresAt',
  'decision',
  'id',
  'hash',
  'gitDirectory',
  'number',
  'repository',
  // A checkpoint's commit names what is kept beside it, which has a name of its own each time; and this blob names two of those.
  'commit',
  'changes',
]);
