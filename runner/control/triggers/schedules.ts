import type { Logger } from 'pino';
import { RefusedError } from '../../../shared/api/router.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { goneFrom, type Definition } from '../../machine/triggers/definitions.ts';
import { jitterOf } from '../../machine/triggers/schedule.ts';
import type { SupervisorRole } from '../store/role.ts';
import type { Store, TriggerRow } from '../store/store.ts';
import { startPasses, type Passes } from '../supervisor/passes.ts';
import { dueNow } from './due.ts';

type Usable = Extract<Definition, { outcome: 'ok' }>;

export interface SchedulesOptions {
  readonly store: Pick<Store, 'triggers' | 'triggerHandled' | 'state'>;
  readonly role: Pick<SupervisorRole, 'held' | 'onTaken'>;
  /** The triggers of a repository, as its default branch has them now. Throws RefusedError where that cannot be read. */
  readonly definitions: (repository: string) => Promise<readonly Definition[]>;
  /** Makes the run of a time at which it is due (ms since the epoch); the one that there is, if it was made before. Throws RefusedError. */
  readonly begin: (row: TriggerRow, definition: Usable, dueAt: number) => Promise<RunState>;
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
/** So many failures one after the other, and it stops: what fails each night costs each night. */
const mostFailures = 3;

interface Known {
  readonly definitions: readonly Definition[] | RefusedError;
  readonly at: number;
}

/**
 * Begins the runs of triggers that are due. Each time that comes is dealt with once, over restarts and several control planes: who has the
 * supervisor's role begins them, a time's run has that time in its key, and what is dealt with is on record with the run.
 */
export const startSchedules = (options: SchedulesOptions): Passes => {
  const { store, role, now, log } = options;
  const known = new Map<string, Known>();

  const definitionOf = async (row: TriggerRow, since: number): Promise<Definition> => {
    let found = known.get(row.repository);
    if (found === undefined || found.at < since || found.at > now()) {
      found = { definitions: await options.definitions(row.repository).catch(asRefusal), at: now() };
      known.set(row.repository, found);
    }
    const { definitions } = found;
    if (definitions instanceof RefusedError) return { name: row.name, outcome: 'refused', problem: told(definitions) };
    const definition = definitions.find(({ name }) => name === row.name);
    return definition ?? { name: row.name, outcome: 'refused', problem: goneFrom(row) };
  };

  const lookAt = async (row: TriggerRow, began: number): Promise<number> => {
    const standing = ({ trigger, schedule }: Usable) =>
      dueNow({
        schedule,
        missed: trigger.missed,
        jitterMs: jitterOf(row, trigger),
        handledAt: row.handledAt,
        now: now(),
      });
    const before = await definitionOf(row, began - (row.repository.startsWith('/') ? everyMs : remoteEveryMs));
    if (before.outcome === 'ok' && standing(before).upTo === null) return standing(before).nextAt ?? Infinity;
    // As the default branch has it now.
    const definition = await definitionOf(row, began);
    if (definition.outcome === 'refused') {
      await tell(options, row, definition.problem);
      return now() + everyMs;
    }
    const { fire, upTo, nextAt } = standing(definition);
    if (upTo === null) return nextAt ?? Infinity;
    await deal(options, { row, definition, fire, upTo });
    return nextAt ?? Infinity;
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

const asRefusal = (error: unknown): RefusedError => {
  if (error instanceof RefusedError) return error;
  throw error;
};

/** Says what is wrong with it, once. */
const tell = async ({ store, log }: SchedulesOptions, row: TriggerRow, problem: string): Promise<void> => {
  if (row.problem === problem) return;
  log.warn({ repository: row.repository, trigger: row.name, problem }, 'a trigger cannot begin runs');
  const { handledAt, failures } = row;
  await store.triggerHandled(row, { handledAt, failures, problem, began: null, stop: false });
};

interface Dealing {
  readonly row: TriggerRow;
  readonly definition: Usable;
  readonly fire: readonly number[];
  readonly upTo: number;
}

const deal = async (options: SchedulesOptions, { row, definition, fire, upTo }: Dealing): Promise<void> => {
  const { store, begin, log } = options;
  let last = row;
  const handled = (handledAt: number, rest: Partial<Parameters<Store['triggerHandled']>[1]>): Promise<void> =>
    store.triggerHandled(row, {
      handledAt,
      failures: last.failures,
      problem: null,
      began: null,
      stop: false,
      ...rest,
    });
  for (const dueAt of fire) {
    const before = last.run === null ? null : await store.state(last.run);
    const failures = before?.status === 'failed' ? last.failures + 1 : 0;
    if (failures >= mostFailures) {
      log.warn({ repository: row.repository, trigger: row.name, failures }, 'a trigger was stopped: its runs fail');
      await handled(upTo, { problem: stopped(row, before), stop: true });
      return;
    }
    if (definition.trigger.whileOpen === 'skip' && before !== null && isUnderWay(before)) {
      await handled(dueAt, { problem: passedOver(before, dueAt) });
      continue;
    }
    try {
      const { id, number } = await begin(row, definition, dueAt);
      log.info({ run: id, number, trigger: row.name, due: new Date(dueAt).toISOString() }, 'a trigger began a run');
      // Each run counts once, when another one comes after it.
      last = { ...last, run: id, failures };
      await handled(dueAt, { began: { run: id, dueAt } });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      await handled(dueAt, { problem: `No run was begun for ${clock(dueAt)}: ${told(error)}` });
    }
  }
  // Those that were missed and are not wanted.
  if (fire.at(-1) !== upTo) await handled(upTo, { problem: row.problem });
};

const isUnderWay = ({ status }: RunState): boolean => ['queued', 'working', 'ready', 'waiting'].includes(status);

const clock = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const told = ({ refusal }: RefusedError): string => `${refusal.message} ${refusal.remedy}`;

const passedOver = ({ number }: RunState, dueAt: number): string =>
  `No run was begun for ${clock(dueAt)}: run ${number}, the one before, had come to no result yet.`;

const stopped = ({ name }: TriggerRow, before: RunState | null): string =>
  `It was stopped, because its last ${mostFailures} runs failed. See why: longhaul show ${before?.number ?? ''}. Then: longhaul triggers enable ${name}`;
