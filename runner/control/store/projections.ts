import type { OpenDecision } from '../../../shared/decision/decision.ts';
import { archivedBy, isTerminal, openDecisions, type RunState } from '../../../shared/run/state.ts';
import { nextEffect } from '../../../shared/run/effect.ts';
import { isFollowed } from '../../../shared/run/followed.ts';
import { prepare } from './queries.ts';
import { stateText } from './rows.ts';
import { stateVersion, type Database, type Tables } from './schema.ts';

/** A run as its row has it: the state, and what belongs to its worker's hold on it rather than to its history. */
export interface HeldRun {
  readonly state: RunState;
  /** Of its last event. */
  readonly position: number;
  /** Ms since the epoch; null: nobody holds it, or without a deadline. */
  readonly leaseUntil: number | null;
  /** Null: nobody holds it. */
  readonly worker: string | null;
  readonly batch: { readonly activation: string; readonly number: number } | null;
}

type RunRow = Tables['runs'];

/** The columns that a step of a working run changes; no index holds any of them. */
type StepColumns = Pick<
  RunRow,
  'id' | 'lease_until' | 'worker' | 'batch_activation' | 'batch' | 'position' | 'state_version' | 'state'
>;
/** The columns that change when a run goes from one status to another. */
type StatusColumns = Pick<
  RunRow,
  'status' | 'over' | 'archived' | 'activation' | 'fence' | 'since' | 'wake_at' | 'effect_at' | 'followed'
>;

const stepColumns = (held: HeldRun): StepColumns => ({
  id: held.state.id,
  lease_until: held.leaseUntil,
  worker: held.worker,
  batch_activation: held.batch?.activation ?? null,
  batch: held.batch?.number ?? 0,
  position: held.position,
  state_version: stateVersion,
  state: stateText(held.state),
});

const statusColumns = (state: RunState): StatusColumns => ({
  status: state.status,
  over: isTerminal(state) ? 1 : 0,
  archived: archivedBy(state) === null ? 0 : 1,
  activation: 'activation' in state ? state.activation : null,
  fence: state.fence,
  since: 'since' in state ? state.since : null,
  wake_at: wakeAt(state),
  effect_at: effectAt(state),
  followed: isFollowed(state) ? 1 : 0,
});

/** Before it nothing happens to the run of itself: no timer fires, no worker is asked for. Ms since the epoch. */
const wakeAt = (state: RunState): number | null => {
  if (state.status === 'queued') return state.delay?.kind === 'deferred' ? Date.parse(state.delay.retryAt) : null;
  return state.status === 'waiting' && state.until.kind === 'time' ? Date.parse(state.until.at) : null;
};

const effectAt = (state: RunState): number | null => {
  const next = nextEffect(state);
  if (next === null) return null;
  return next.retryAt === null ? 0 : Date.parse(next.retryAt);
};

const insertRun = prepare<RunRow, unknown>((db, row) => db.insertInto('runs').values(row));

const updateStep = prepare<StepColumns, unknown>((db, { id, ...columns }) =>
  db.updateTable('runs').set(columns).where('id', '=', id),
);

const updateStatus = prepare<StatusColumns & { readonly id: string }, unknown>((db, { id, ...columns }) =>
  db.updateTable('runs').set(columns).where('id', '=', id),
);

const putDecision = prepare<Tables['decisions'], unknown>((db, row) => {
  const { status, expires_at, position, request } = row;
  return db
    .insertInto('decisions')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['run', 'decision']).doUpdateSet({ status, expires_at, position, request }),
    );
});

const dropDecision = prepare<{ readonly run: string; readonly decision: string }, unknown>((db, { run, decision }) =>
  db.deleteFrom('decisions').where('run', '=', run).where('decision', '=', decision),
);

/** The row of a run that has just been created. */
export const projectNew = async (db: Database, held: HeldRun): Promise<void> => {
  const { state } = held;
  await insertRun(db, {
    number: state.number,
    tenant: state.task.tenant,
    repository: state.task.repository,
    priority: state.task.priority,
    created_at: state.createdAt,
    ...statusColumns(state),
    ...stepColumns(held),
  });
};

/** Brings a run's row and its open decisions from `before` to `after`; writes only what differs. */
export const project = async (db: Database, before: RunState, after: HeldRun): Promise<void> => {
  const { state } = after;
  if (movedOn(before, state)) await updateStatus(db, { id: state.id, ...statusColumns(state) });
  await updateStep(db, stepColumns(after));
  // A run that is over has none open, and has them again when it is taken up.
  if (before.decisions !== state.decisions || isTerminal(before) !== isTerminal(state))
    await projectDecisions(db, before, after);
};

const movedOn = (before: RunState, after: RunState): boolean => {
  const a = statusColumns(before);
  const b = statusColumns(after);
  return (
    a.status !== b.status ||
    a.archived !== b.archived ||
    a.activation !== b.activation ||
    a.fence !== b.fence ||
    a.since !== b.since ||
    a.wake_at !== b.wake_at ||
    a.effect_at !== b.effect_at ||
    a.followed !== b.followed
  );
};

const projectDecisions = async (db: Database, before: RunState, { state, position }: HeldRun): Promise<void> => {
  const was = new Map(openDecisions(before).map((open) => [open.request.id, open]));
  for (const open of openDecisions(state)) {
    if (was.get(open.request.id) !== open) await projectDecision(db, open, { state, position });
    was.delete(open.request.id);
  }
  for (const decision of was.keys()) await dropDecision(db, { run: state.id, decision });
};

const projectDecision = async (
  db: Database,
  open: OpenDecision,
  { state, position }: { readonly state: RunState; readonly position: number },
): Promise<void> => {
  if (open.status === 'decided') return;
  await putDecision(db, {
    run: state.id,
    decision: open.request.id,
    tenant: state.task.tenant,
    title: state.task.title,
    status: open.status,
    expires_at: Date.parse(open.request.expiresAt),
    position,
    request: JSON.stringify(open.request),
  });
};

/** Writes all that is derived from a run's log anew, whatever stands there. */
export const projectAgain = async (db: Database, held: HeldRun): Promise<void> => {
  const { state } = held;
  await updateStatus(db, { id: state.id, ...statusColumns(state) });
  await updateStep(db, stepColumns(held));
  await db.deleteFrom('decisions').where('run', '=', state.id).execute();
  for (const open of openDecisions(state)) await projectDecision(db, open, held);
};
