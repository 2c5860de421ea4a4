import type { Logger } from 'pino';
import type { RunState } from '../../../shared/run/state.ts';
import type { Definition } from '../../machine/triggers/definitions.ts';
import { jitterOf } from '../../local/schedule.ts';
import type { SupervisorRole } from '../store/role.ts';
import type { Store, TriggerRow } from '../store/store.ts';
import { startPasses, type Passes } from '../supervisor/passes.ts';
import { dueNow } from './due.ts';
import { fire, tellProblem, type Due } from './firing.ts';
import type { DefinitionOf } from './known-definitions.ts';

type Scheduled = Extract<Definition, { outcome: 'scheduled' }>;

export interface SchedulesOptions {
  readonly store: Pick<Store, 'triggers' | 'triggerHandled' | 'state' | 'spentBy'>;
  readonly role: Pick<SupervisorRole, 'held' | 'onTaken'>;
  readonly definitionOf: DefinitionOf;
  /** Makes the run of a time at which it is due (ms since the epoch); the one that there is, if it was made before. Throws RefusedError. */
  readonly begin: (row: TriggerRow, definition: Scheduled, dueAt: number) => Promise<RunState>;
  /** Whether another control plane may have been told to enable one: this one is told by `wakeAt`. */
  readonly shared: boolean;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What a repository says, and who enabled what, is looked at so often: a minute is what a schedule counts in. */
const everyMs = 60_000;
/** To ask another machine for it costs more. */
const remoteEveryMs = 15 * 60_000;

/**
 * Begins the runs of triggers that are due. Each time that comes is dealt with once, over restarts and several control planes: who has the
 * supervisor's role begins them, a time's run has that time in its key, and what is dealt with is on record with the run.
 */
export const startSchedules = (options: SchedulesOptions): Passes => {
  const { store, role, definitionOf, now, log } = options;

  const lookAt = async (row: TriggerRow, began: number): Promise<number> => {
    const standing = ({ trigger, schedule }: Scheduled) =>
      dueNow({
        schedule,
        missed: trigger.missed,
        jitterMs: jitterOf(row, trigger),
        handledAt: row.handledAt,
        now: now(),
      });
    const before = await definitionOf(row, began - (row.repository.startsWith('/') ? everyMs : remoteEveryMs));
    if (before.outcome === 'on event') return Infinity;
    if (before.outcome === 'scheduled' && standing(before).upTo === null) return standing(before).nextAt ?? Infinity;
    // As the default branch has it now.
    const definition = await definitionOf(row, began);
    if (definition.outcome === 'refused') {
      await tellProblem(options, row, definition.problem);
      return now() + everyMs;
    }
    if (definition.outcome === 'on event') return Infinity;
    const due = standing(definition);
    if (due.upTo === null) return due.nextAt ?? Infinity;
    await deal(options, { row, definition, fire: due.fire, upTo: due.upTo });
    return due.nextAt ?? Infinity;
  };

  const passes = startPasses({
    pass: async (signal) => {
      if (!role.held) return Infinity;
      const began = now();
      const rows = (await store.triggers(null)).filter(({ enabled }) => enabled);
      // Whoever has none has no timer for them.
      if (rows.length === 0) return options.shared ? began + everyMs : Infinity;
      let next = began + everyMs;
      for (const row of rows) {
        if (signal.aborted) break;
        const at = await lookAt(row, began).catch((error: unknown) => {
          log.error(
            { err: error, repository: row.repository, trigger: row.name },
            'a trigger could not be looked after',
          );
          return now() + everyMs;
        });
        next = Math.min(next, at);
      }
      return next;
    },
    now,
    onTrouble: (error) => log.error({ err: error }, 'triggers could not be looked after'),
  });
  role.onTaken(() => passes.wakeAt(now()));
  passes.wakeAt(now());
  return passes;
};

interface Dealing {
  readonly row: TriggerRow;
  readonly definition: Scheduled;
  readonly fire: readonly number[];
  readonly upTo: number;
}

const deal = async (options: SchedulesOptions, { row, definition, fire: times, upTo }: Dealing): Promise<void> => {
  const { trigger } = definition;
  let last = row;
  for (const dueAt of times) {
    const due = dueFor(dueAt);
    const fired = await fire(options, last, { trigger, due, begin: () => options.begin(row, definition, dueAt) });
    last = fired.row;
    if (fired.stopped) break;
  }
  // Those that were missed and are not wanted.
  if (times.at(-1) === upTo && last.enabled) return;
  const { failures, problem } = last;
  await options.store.triggerHandled(row, {
    handledAt: upTo,
    failures,
    problem,
    began: null,
    firing: null,
    stop: false,
  });
};

const dueFor = (dueAt: number): Due => {
  const iso = new Date(dueAt).toISOString();
  const clock = `${iso.slice(0, 16).replace('T', ' ')} UTC`;
  return { event: `due ${iso}`, when: clock, about: clock, url: null, dueAt, handledAt: dueAt };
};
