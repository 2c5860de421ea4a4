import type { Logger } from 'pino';
import type { Command } from '../../shared/run/commands.ts';
import type { Dispatcher } from './engine/dispatcher.ts';
import type { Engine } from './engine/engine.ts';
import type { Scheduled, Store } from './store/store.ts';
import type { Retention } from './supervisor-retention.ts';

export interface SupervisorOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly dispatcher: Dispatcher;
  readonly retention: Retention;
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

/**
 * Sees to it that every run goes on. One timer for all of them: leases that ran out, timers and expiries that came,
 * activations that never began, folders that are not needed any more. And, without waiting for time, what the engine lost.
 *
 * It begins with the leases that there are: the engine says which of them belong to workers that are gone.
 */
export const startSupervisor = async (options: SupervisorOptions): Promise<AsyncDisposable> => {
  const { store, engine, dispatcher, retention, leaseSeconds, now, log } = options;
  let timer: NodeJS.Timeout | null = null;
  let timerAt = Infinity;
  let passing: Promise<void> | null = null;
  let stopped = false;

  const command = async (run: string, what: Command): Promise<void> => {
    const written = await store.command(run, what);
    // Somebody was faster: the worker itself, or a person.
    if (written.outcome === 'refused') log.debug({ run, refusal: written.refusal }, `nothing to ${what.kind}`);
  };

  const lose = async ({ run, activation }: Pick<Scheduled, 'run' | 'activation'>, reason: string): Promise<void> => {
    log.warn({ run, activation, reason }, 'an activation is lost');
    await command(run, { kind: 'lose', activation, reason });
    engine.cancel(activation);
  };

  const wakeAt = (at: number): void => {
    if (stopped || at >= timerAt) return;
    if (timer !== null) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(() => void pass(), Math.min(longestMs, Math.max(0, at - now())));
  };

  const passOnce = async (): Promise<void> => {
    const due = await store.due(now());
    for (const lease of due.leases) await lose(lease, `its worker was not heard of for ${leaseSeconds} s`);
    for (const { run } of due.timers) await command(run, { kind: 'fire' });
    for (const { run, decision } of due.expiries) await command(run, { kind: 'expire', decision });
    const overdue = dispatcher.overdue(now());
    for (const item of overdue.activations) {
      const state = await store.state(item.run);
      if (state?.status === 'queued' && state.activation === item.activation)
        await lose(item, 'no worker began with it');
    }
    const cleanAt = await retention.pass(now());
    wakeAt(Math.min(due.nextAt ?? Infinity, overdue.nextAt ?? Infinity, cleanAt, now() + longestMs));
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

  engine.onLost(({ run, activation, reason }) => {
    if (stopped) return;
    lose({ run, activation }, reason).catch((error: unknown) => {
      // Its lease runs out, or it is overdue to begin: it is lost then.
      log.error({ err: error, run, activation }, 'a loss could not be written');
    });
  });
  const forget = store.onCommit((runs) => {
    retention.touched(runs, now());
    wakeAt(now() + afterCommitMs);
  });

  for (const lost of await engine.resume(await store.leased())) await lose(lost, lost.reason);
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
