import type { Logger } from 'pino';
import type { Command } from '../../shared/run/commands.ts';
import type { Dispatcher } from './engine/dispatcher.ts';
import type { Engine } from './engine/engine.ts';
import type { CommandOptions, Scheduled, Store } from './store/store.ts';
import type { Retention } from './supervisor-retention.ts';
import type { SupervisorRole } from './supervisor-role.ts';

export interface SupervisorOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly dispatcher: Dispatcher;
  readonly retention: Retention;
  readonly role: SupervisorRole;
  /** How the names of the workers begin that this one's engine may report as lost; empty: of any. */
  readonly workersOf: string;
  readonly leaseSeconds: number;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** After a commit deadlines may be new; each is at least half a second away, so this is soon enough. */
const afterCommitMs = 100;
const afterTroubleMs = 1_000;
/** setTimeout takes up to 2^31 ms, and a machine that slept wakes with its timers late. */
const longestMs = 60_000;

/** Ends the leases of workers whose names begin so: they are dead, and their runs go on elsewhere. */
export const endLeases = async (
  { store, workersOf, log }: Pick<SupervisorOptions, 'store' | 'workersOf' | 'log'>,
  reason: string,
): Promise<void> => {
  for (const { run, activation, worker } of await store.leased()) {
    if (!(worker ?? '').startsWith(workersOf)) continue;
    log.warn({ run, activation, reason }, 'an activation is lost');
    await store.command(run, { kind: 'lose', activation, reason }, { workersOf });
  }
};

/**
 * Sees to it that every run goes on. One timer for all of them: leases that ran out, timers and expiries that came,
 * activations that never began, folders that are not needed any more. And, without waiting for time, what the engine lost.
 *
 * It begins with the leases that there are: the engine says which of them belong to workers that are gone.
 *
 * Of several control planes, one does what concerns all runs: it has the role. Each cleans up its own folders and
 * reports what its own engine lost.
 */
export const startSupervisor = async (options: SupervisorOptions): Promise<AsyncDisposable> => {
  const { store, engine, dispatcher, retention, role, workersOf, leaseSeconds, now, log } = options;
  let timer: NodeJS.Timeout | null = null;
  let timerAt = Infinity;
  let passing: Promise<void> | null = null;
  let stopped = false;

  const command = async (run: string, what: Command, only: CommandOptions = {}): Promise<void> => {
    const written = await store.command(run, what, only);
    // Somebody was faster: the worker itself, or a person.
    if (written.outcome === 'refused') log.debug({ run, refusal: written.refusal }, `nothing to ${what.kind}`);
  };

  const lose = async (
    { run, activation }: Pick<Scheduled, 'run' | 'activation'>,
    reason: string,
    only: CommandOptions = {},
  ): Promise<void> => {
    log.warn({ run, activation, reason }, 'an activation is lost');
    await command(run, { kind: 'lose', activation, reason }, only);
    engine.cancel(activation);
  };

  const wakeAt = (at: number): void => {
    if (stopped || at >= timerAt) return;
    if (timer !== null) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(() => void pass(), Math.min(longestMs, Math.max(0, at - now())));
  };

  /** What concerns all runs. Returns when to come back; null: nothing waits for time. */
  const passOverRuns = async (): Promise<number | null> => {
    const due = await store.due(now());
    for (const lease of due.leases) await lose(lease, `its worker was not heard of for ${leaseSeconds} s`);
    for (const { run } of due.timers) await command(run, { kind: 'fire' });
    for (const { run, decision } of due.expiries) await command(run, { kind: 'expire', decision });
    return due.nextAt;
  };

  const passOnce = async (): Promise<void> => {
    const dueAt = role.held ? await passOverRuns() : null;
    const overdue = dispatcher.overdue(now());
    for (const item of overdue.activations) {
      const state = await store.state(item.run);
      // Whoever has the role now has handed it over as well.
      if (role.held && state?.status === 'queued' && state.activation === item.activation)
        await lose(item, 'no worker began with it');
    }
    const cleanAt = await retention.pass(now());
    wakeAt(Math.min(dueAt ?? Infinity, overdue.nextAt ?? Infinity, cleanAt, now() + longestMs));
  };

  const pass = (): Promise<void> => {
    timerAt = Infinity;
    passing ??= passOnce()
      .catch((error: unknown) => {
        log.error({ err: error }, 'runs could not be looked after');
        wakeAt(now() + afterTroubleMs);
      })
      .finally(() => {
        passing = null;
      });
    return passing;
  };

  const takeUp = async (): Promise<void> => {
    for (const lost of await engine.resume(await store.leased())) await lose(lost, lost.reason, { workersOf });
  };

  engine.onLost(({ run, activation, reason }) => {
    if (stopped) return;
    lose({ run, activation }, reason, { workersOf }).catch((error: unknown) => {
      // Its lease runs out, or it is overdue to begin: it is lost then.
      log.error({ err: error, run, activation }, 'a loss could not be written');
    });
  });
  const forget = store.onCommit((runs) => {
    retention.touched(runs, now());
    wakeAt(now() + afterCommitMs);
  });

  role.onTaken(() => {
    log.info('looking after all runs now');
    takeUp()
      .catch((error: unknown) => {
        // Leases run out.
        log.error({ err: error }, 'it could not be seen which workers are gone');
      })
      .finally(() => {
        dispatcher.look();
        wakeAt(now());
      });
  });
  // What outlives its control plane is for whoever has the role; what does not, each knows of its own.
  if (role.held || engine.kind === 'embedded') await takeUp();
  dispatcher.look();
  await pass();
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      forget();
      if (timer !== null) clearTimeout(timer);
      await passing;
    },
  };
};
