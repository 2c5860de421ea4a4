import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';

/** What a run spent, counted anew from its log, must be what its state says. Null: it is. */
export const accountsProblem = (events: readonly RunEvent[], { spent }: RunState): string | null => {
  const count = (...types: readonly RunEvent['body']['type'][]): number =>
    events.filter(({ body }) => types.includes(body.type)).length;
  const toolMs = events.reduce(
    (sum, { body }) => ('durationMs' in body && body.type !== 'workspace.rebuilt' ? sum + body.durationMs : sum),
    0,
  );
  const counted = { turns: count('turn.taken'), toolMs, activeMs: activeMs(events) };
  const { turns, activeMs: active } = spent;
  const said = { turns, toolMs: spent.toolMs, activeMs: active };
  if (JSON.stringify(counted) !== JSON.stringify(said))
    return `its state says that it spent ${JSON.stringify(said)}, its log ${JSON.stringify(counted)}`;
  const troubles = count('model.failed', 'model.lost', 'activation.lost');
  return spent.retries > troubles ? `it is charged ${spent.retries} retries for ${troubles} troubles` : null;
};

/** From each lease to what ended it. */
const activeMs = (events: readonly RunEvent[]): number => {
  const ends: ReadonlySet<string> = new Set([
    'activation.ended',
    'activation.lost',
    'activation.returned',
    'round.finished',
    'run.completed',
    'run.failed',
    'run.cancelled',
  ]);
  let since: number | null = null;
  let sum = 0;
  for (const { body, at } of events) {
    if (body.type === 'activation.leased') since = Date.parse(at);
    if (since !== null && ends.has(body.type)) {
      const leaseUntil = body.type === 'activation.lost' ? body.leaseUntil : null;
      sum += Math.max(0, Math.min(Date.parse(at), Date.parse(leaseUntil ?? at)) - since);
      since = null;
    }
  }
  return sum;
};
