import type { Lost } from '../engine/engine.ts';
import { startPasses } from './passes.ts';
import { careFor, type CareOptions } from './care.ts';
import type { Retention } from './retention.ts';
import type { SupervisorRole } from '../store/role.ts';

export interface SupervisorOptions extends CareOptions {
  readonly retention: Retention;
  readonly role: SupervisorRole;
}

/** After a commit deadlines may be new; each is at least half a second away, so this is soon enough. */
const afterCommitMs = 100;
const afterTroubleMs = 1_000;
/** A pass that begins so late is one of a process that stood still (SIGSTOP, a machine that slept), and not of a busy one. */
const stoodStillMs = 1_000;
/** A machine that slept wakes with its timers late. */
const longestMs = 60_000;

/**
 * Until when no lease is judged, for a pass that is so late: workers that stood still with this process have to be heard first. Not again before
 * another lease is over: a machine so busy that every pass is late would judge none.
 */
const sparing = ({ leaseSeconds, now, log }: Pick<SupervisorOptions, 'leaseSeconds' | 'now' | 'log'>) => {
  let until = 0;
  return (lateMs: number): number => {
    const leaseMs = leaseSeconds * 1_000;
    if (lateMs <= stoodStillMs || now() < until + leaseMs) return until;
    log.warn({ lateMs }, 'this runner stood still: every lease has its time once more');
    return (until = now() + leaseMs);
  };
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
  const { store, engine, dispatcher, retention, role, now, log } = options;
  const { end, note, passOverRuns, takeUp, tellOfOthers } = careFor(options);
  let stopped = false;

  /** What the engine reported and the store did not take: nobody else knows of it. */
  const unwritten = new Set<Lost>();
  const writeLosses = async (): Promise<void> => {
    for (const lost of unwritten) {
      await end(lost);
      unwritten.delete(lost);
    }
  };

  const spare = sparing(options);
  const runs = startPasses({
    pass: async (_signal, lateMs) => {
      const spareUntil = spare(lateMs);
      await writeLosses();
      // As it is now: a control plane that hangs amid this pass must not end it in the name of a later tenure.
      const dueAt = role.held ? await passOverRuns({ role: role.fence }, spareUntil) : null;
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

  engine.onLost((lost) => {
    if (stopped) return;
    end(lost).catch((error: unknown) => {
      const { run, activation } = lost;
      log.error({ err: error, run, activation }, 'a loss could not be written; it is tried again');
      unwritten.add(lost);
      runs.wakeAt(now() + afterTroubleMs);
    });
  });

  engine.onSaid(note);
  const forget = store.onCommit((touched, by) => {
    retention.touched(touched, now());
    runs.wakeAt(now() + afterCommitMs);
    folders.wakeAt(now() + afterCommitMs);
    if (by === 'another')
      tellOfOthers(touched).catch((error: unknown) =>
        log.warn({ err: error }, 'the engine could not be told of what another control plane wrote'),
      );
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
