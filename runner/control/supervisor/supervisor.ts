import type { Logger } from 'pino';
import type { Command } from '../../../shared/run/command.ts';
import type { Dispatcher } from '../engine/dispatcher.ts';
import type { Engine, Lost } from '../engine/engine.ts';
import { startPasses } from './passes.ts';
import type { CommandOptions, Store, Written } from '../store/store.ts';
import type { Retention } from './retention.ts';
import type { SupervisorRole } from '../store/role.ts';

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
/** A machine that slept wakes with its timers late. */
const longestMs = 60_000;

/** Gives back what workers had whose names begin so: they were told to stop and have ended, and their runs go on later. */
export const returnLeases = async (
  { store, workersOf, log }: Pick<SupervisorOptions, 'store' | 'workersOf' | 'log'>,
  reason: string,
): Promise<void> => {
  for (const { run, activation, worker } of await store.leased()) {
    if (!(worker ?? '').startsWith(workersOf)) continue;
    log.info({ run, activation, reason }, 'an activation is handed back');
    await store.command(run, { kind: 'return', activation, reason }, { workersOf });
  }
};

/**
 * Sees to it that every run goes on. One timer for all of them: leases that ran out, timers and expiries that came, what is
 * to be asked of the engine again. And, without waiting for time, what the engine lost, and what was cancelled elsewhere.
 * Folders that are not needed any more have a timer of their own: to remove one takes as long as the disk does.
 *
 * It begins with the leases that there are: the engine says which of them belong to workers that are gone.
 *
 * Of several control planes, one does what concerns all runs: it has the role. Each cleans up its own folders and
 * reports what its own engine lost.
 */
export const startSupervisor = async (options: SupervisorOptions): Promise<AsyncDisposable> => {
  const { store, engine, dispatcher, retention, role, workersOf, leaseSeconds, now, log } = options;
  let stopped = false;

  const command = async (run: string, what: Command, only: CommandOptions = {}): Promise<Written> => {
    const written = await store.command(run, what, only);
    // Somebody was faster: the worker itself, or a person.
    if (written.outcome === 'refused') log.debug({ run, refusal: written.refusal }, `nothing to ${what.kind}`);
    return written;
  };

  const lose = async ({ run, activation, reason }: Lost, only: CommandOptions): Promise<void> => {
    const written = await command(run, { kind: 'lose', activation, reason }, only);
    if (written.outcome === 'refused') return;
    log.warn({ run, activation, reason }, 'an activation is lost');
    engine.cancel(activation);
  };

  /** What nobody began with is put off; what a worker had is lost. It can go from the one to the other, and not back. */
  const end = async (lost: Lost): Promise<void> => {
    const { run, activation, reason } = lost;
    const put = await command(run, { kind: 'defer', activation, reason, remedy: null });
    if (put.outcome === 'refused') await lose(lost, { workersOf });
    else log.warn({ run, activation, reason }, 'no worker began with an activation');
  };

  /** What concerns all runs. Returns when to come back; null: nothing waits for time. */
  const passOverRuns = async (inRole: CommandOptions): Promise<number | null> => {
    const due = await store.due(now());
    const reason = `its worker was not heard of for ${leaseSeconds} s`;
    for (const { run, activation } of due.leases) await lose({ run, activation, reason }, { ...inRole, overdue: true });
    for (const { run } of due.timers) await command(run, { kind: 'fire' }, inRole);
    for (const { run, decision } of due.expiries) await command(run, { kind: 'expire', decision }, inRole);
    dispatcher.look();
    return due.nextAt;
  };

  /** What the engine reported and the store did not take: nobody else knows of it. */
  const unwritten = new Set<Lost>();
  const writeLosses = async (): Promise<void> => {
    for (const lost of unwritten) {
      await end(lost);
      unwritten.delete(lost);
    }
  };

  const runs = startPasses({
    pass: async () => {
      await writeLosses();
      // As it is now: a control plane that hangs amid this pass must not end it in the name of a later tenure.
      const dueAt = role.held ? await passOverRuns({ role: role.fence }) : null;
      return Math.min(dueAt ?? Infinity, now() + longestMs);
    },
    now,
    onTrouble: (error) => log.error({ err: error }, 'runs could not be looked after'),
  });
  const folders = startPasses({
    pass: (signal) => retention.pass(now(), signal),
    now,
    onTrouble: (error) => log.error({ err: error }, 'what runs left behind could not be removed'),
  });

  const takeUp = async (): Promise<void> => {
    for (const lost of await engine.resume(await store.leased())) await lose(lost, { workersOf });
  };

  engine.onLost((lost) => {
    if (stopped) return;
    end(lost).catch((error: unknown) => {
      const { run, activation } = lost;
      log.error({ err: error, run, activation }, 'a loss could not be written; it is tried again');
      unwritten.add(lost);
      runs.wakeAt(now() + afterTroubleMs);
    });
  });

  engine.onSaid(({ run, activation, asked, said, remedy, retryAt }) => {
    const at = retryAt === null ? null : new Date(retryAt).toISOString();
    const delay = { asked, said, remedy, retryAt: at };
    command(run, { kind: 'await', activation, delay }).catch((error: unknown) =>
      log.warn({ err: error, run, activation, said }, 'what the engine says of a run could not be put on record'),
    );
  });

  const forget = store.onCommit((touched, by) => {
    retention.touched(touched, now());
    runs.wakeAt(now() + afterCommitMs);
    folders.wakeAt(now() + afterCommitMs);
    if (by === 'another')
      tellOfOthers(touched).catch((error: unknown) =>
        log.warn({ err: error }, 'the engine could not be told of what another control plane wrote'),
      );
  });

  /** A person may cancel a run, and a worker park it, at any control plane; its worker is with the engine of one of them. */
  const tellOfOthers = async (touched: readonly string[] | null): Promise<void> => {
    const candidates = touched ?? (await store.leased()).map(({ run }) => run);
    for (const run of candidates) {
      const having = engine.having(run);
      if (having.length === 0) continue;
      const status = (await store.state(run))?.status;
      // Cancelled, its next heartbeat would tell it.
      if (status === 'cancelled') for (const activation of having) engine.cancel(activation);
      if (status === 'waiting') for (const activation of having) engine.parked(activation);
    }
  };

  role.onTaken(() => {
    log.info('looking after all runs now');
    takeUp()
      .catch((error: unknown) => {
        // Leases run out.
        log.error({ err: error }, 'it could not be seen which workers are gone');
      })
      .finally(() => {
        dispatcher.look();
        runs.wakeAt(now());
      });
  });
  // What outlives its control plane is for whoever has the role; what does not, each knows of its own.
  if (role.held || engine.kind === 'embedded') await takeUp();
  dispatcher.look();
  await runs.passNow();
  folders.wakeAt(now());
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      forget();
      await Promise.all([runs[Symbol.asyncDispose](), folders[Symbol.asyncDispose]()]);
    },
  };
};
