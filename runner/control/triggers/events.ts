import type { Logger } from 'pino';
import { RefusedError } from '../../../shared/api/router.ts';
import { isSameRepository } from '../../../shared/recipe/repository-address.ts';
import { eventText, isWantedBy, type OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { Definition } from '../../machine/triggers/definitions.ts';
import { failedAttempt } from '../effects/failed-attempt.ts';
import type { Admitted } from '../forges/admission.ts';
import type { SupervisorRole } from '../store/role.ts';
import type { Store, StoredEvent, TriggerKey, TriggerRow } from '../store/store.ts';
import { startPasses, type Passes } from '../supervisor/passes.ts';
import { fire, handled, tellProblem, type Due } from './firing.ts';
import { toldRefusal, type DefinitionOf } from './known-definitions.ts';

type OnEvent = Extract<Definition, { outcome: 'on event' }>;

export interface EventsOptions {
  readonly store: Pick<
    Store,
    | 'triggers'
    | 'triggerHandled'
    | 'state'
    | 'spentBy'
    | 'newEvents'
    | 'eventHandled'
    | 'firedFor'
    | 'begunSince'
    | 'forgetEvents'
  >;
  readonly role: Pick<SupervisorRole, 'held' | 'onTaken'>;
  readonly definitionOf: DefinitionOf;
  /** Whether what happened may begin runs of this trigger, looked up now. Throws Trouble where nobody can say. */
  readonly admit: (event: OutsideEvent, trigger: TriggerKey, signal: AbortSignal) => Promise<Admitted>;
  /** Says to a stranger who asked for a run that they may not, once where they asked. */
  readonly decline: (event: OutsideEvent, trigger: TriggerKey, signal: AbortSignal) => Promise<void>;
  /** Makes the run of something that happened; the one that there is, if it was made before. Throws RefusedError. */
  readonly begin: (row: TriggerRow, definition: OnEvent, happened: StoredEvent) => Promise<RunState>;
  /** Whether another control plane may have been told: this one is told by `wakeAt`. */
  readonly shared: boolean;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Another control plane may have been told something meanwhile, or somebody may have enabled a trigger there. */
const sharedEveryMs = 2_000;
/** The same where no trigger is enabled. */
const idleEveryMs = 60_000;
const mostInPass = 100;
/** Where nobody could say whether it may begin a run, it is asked again after so long, up to so long after it was told. */
const againMs = 15_000;
const longestAskedMs = 60 * 60_000;
/** What is told over and over again, and what came of a trigger, is remembered so long. */
const keptMs = 30 * 24 * 60 * 60_000;
const forgetEveryMs = 60 * 60_000;
const dayMs = 24 * 60 * 60_000;

/**
 * Begins the runs of triggers that wait for what happened outside. What was told is looked at until each of its triggers has come to something: a run
 * has the event in its key, and what came of it is on record with the trigger. Only who has the supervisor's role does.
 */
export const startEvents = (options: EventsOptions): Passes => {
  const { store, role, now, log } = options;
  /** When to look again at what could not be dealt with. */
  const later = new Map<string, number>();
  let forgotAt = -Infinity;

  const lookAt = async (told: StoredEvent, signal: AbortSignal): Promise<void> => {
    const rows = (await store.triggers(told.event.tenant)).filter((row) => mayWait(row, told));
    const fired = await store.firedFor(told.id);
    let again = Infinity;
    for (const row of rows) {
      if (fired.some((key) => isOf(key, row))) continue;
      const at = await offer(options, row, { told, signal }).catch((error: unknown) => {
        log.error({ err: error, repository: row.repository, trigger: row.name }, 'a trigger could not be looked after');
        return isOld(options, told) ? null : now() + againMs;
      });
      again = Math.min(again, at ?? Infinity);
    }
    if (again === Infinity) {
      later.delete(told.id);
      if (!signal.aborted) await store.eventHandled(told.id);
    } else later.set(told.id, again);
  };

  const passes = startPasses({
    pass: async (signal) => {
      if (!role.held) return Infinity;
      const all = await store.newEvents(mostInPass + later.size);
      for (const id of later.keys()) if (!all.some((told) => told.id === id)) later.delete(id);
      const due = all.filter(({ id }) => (later.get(id) ?? 0) <= now());
      for (const told of due) {
        if (signal.aborted || !role.held) break;
        await lookAt(told, signal);
      }
      if (forgotAt < now() - forgetEveryMs) {
        forgotAt = now();
        await store.forgetEvents(now() - keptMs);
      }
      if (due.length > 0 && all.length >= mostInPass) return now();
      const isAwaited = options.shared && (await store.triggers(null)).some(({ enabled }) => enabled);
      const shared = options.shared ? now() + (isAwaited ? sharedEveryMs : idleEveryMs) : Infinity;
      return Math.min(shared, ...later.values());
    },
    now,
    onTrouble: (error) => log.error({ err: error }, 'what happened outside could not be looked after'),
  });
  role.onTaken(() => passes.wakeAt(now()));
  passes.wakeAt(now());
  return passes;
};

const isOf = (one: TriggerKey, other: TriggerKey): boolean =>
  one.tenant === other.tenant && one.repository === other.repository && one.name === other.name;

/** What happened before somebody enabled it is not for it. */
const mayWait = ({ enabled, handledAt, repository }: TriggerRow, { at, event }: StoredEvent): boolean =>
  enabled && handledAt <= at && (event.repository === null || isSameRepository(event.repository, repository));

interface Offered {
  readonly told: StoredEvent;
  readonly signal: AbortSignal;
}

const isOld = ({ now }: Pick<EventsOptions, 'now'>, { at }: StoredEvent): boolean => now() - at >= longestAskedMs;

/** Null: it is dealt with; else when to offer it again, ms since the epoch. */
const offer = async (options: EventsOptions, row: TriggerRow, { told, signal }: Offered): Promise<number | null> => {
  const { now, log, store } = options;
  // As the default branch has it since then, and not long ago.
  const definition = await options.definitionOf(row, Math.max(told.at, now() - againMs));
  if (definition.outcome === 'refused') {
    await tellProblem(options, row, definition.problem);
    return isOld(options, told) ? null : now() + againMs;
  }
  if (definition.outcome !== 'on event' || !isWantedBy(definition.trigger, told.event)) return null;
  const due = dueFor(row, told);
  const refuse = async (said: string, problem: string | null): Promise<null> => {
    await handled(options, row, { due, failures: row.failures, problem, run: null, said });
    return null;
  };
  let event: OutsideEvent;
  try {
    const admitted = await options.admit(told.event, row, signal);
    // Whoever may not has no say in what its owners read of it.
    if (admitted.outcome === 'refused') {
      if (admitted.isStranger) await decline(options, row, { told, signal });
      return await refuse(admitted.why, row.problem);
    }
    event = admitted.event;
  } catch (error) {
    const { said, remedy, again, afterMs } = failedAttempt(error, log);
    if (signal.aborted) return now();
    if (again && !isOld(options, told)) return now() + Math.max(againMs, afterMs ?? 0);
    const why = `No run was begun for ${due.when}: ${said} ${remedy}`;
    return refuse(why, why);
  }
  const { trigger } = definition;
  if ((await store.begunSince(row, now() - dayMs)) >= trigger.perDay) {
    const why = `No run was begun for ${due.when}: it had begun ${trigger.perDay} within a day (perDay).`;
    return refuse(why, why);
  }
  try {
    await fire(options, row, { trigger, due, begin: () => options.begin(row, definition, { ...told, event }) });
    return null;
  } catch (error) {
    if (!(error instanceof RefusedError) || signal.aborted) throw error;
    const why = `No run was begun for ${due.when}: ${toldRefusal(error)}`;
    if (isOld(options, told)) return refuse(why, why);
    log.warn({ repository: row.repository, trigger: row.name, why }, 'a trigger is tried again');
    return now() + againMs;
  }
};

/** That it is not said has no consequence. */
const decline = ({ decline: say, log }: EventsOptions, row: TriggerRow, { told, signal }: Offered): Promise<void> =>
  say(told.event, row, signal).catch((error: unknown) => {
    log.warn(
      { err: error, repository: row.repository, trigger: row.name },
      'a stranger could not be told that they may not',
    );
  });

const dueFor = ({ handledAt }: TriggerRow, { id, event }: StoredEvent): Due => ({
  event: id,
  when: eventText(event),
  about: eventText(event),
  url: event.url,
  dueAt: null,
  handledAt,
});
