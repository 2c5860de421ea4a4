import type { Logger } from 'pino';
import type { Command } from '../../../shared/run/command.ts';
import type { Dispatcher } from '../engine/dispatcher.ts';
import type { Engine, Lost, Said } from '../engine/engine.ts';
import type { CommandOptions, Store, Written } from '../store/store.ts';

export interface CareOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly dispatcher: Dispatcher;
  /** How the names of the workers begin that this one's engine may report as lost; empty: of any. */
  readonly workersOf: string;
  readonly leaseSeconds: number;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Gives back what workers had whose names begin so: they were told to stop and have ended, and their runs go on later. */
export const returnLeases = async (
  { store, workersOf, log }: Pick<CareOptions, 'store' | 'workersOf' | 'log'>,
  reason: string,
): Promise<void> => {
  for (const { run, activation, worker } of await store.leased()) {
    if (!(worker ?? '').startsWith(workersOf)) continue;
    log.info({ run, activation, reason }, 'an activation is handed back');
    await store.command(run, { kind: 'return', activation, reason }, { workersOf });
  }
};

/** What can be done for runs that would not go on by themselves. */
export const careFor = ({ store, engine, dispatcher, workersOf, leaseSeconds, now, log }: CareOptions) => {
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

  /** What concerns all runs. Before `spareUntil` no lease is over. Returns when to come back; null: nothing waits for time. */
  const passOverRuns = async (inRole: CommandOptions, spareUntil: number): Promise<number | null> => {
    const due = await store.due(now());
    const reason = `its worker was not heard of for ${leaseSeconds} s`;
    const spared = now() < spareUntil;
    for (const { run, activation } of spared ? [] : due.leases)
      await lose({ run, activation, reason }, { ...inRole, overdue: true });
    for (const { run } of due.timers) await command(run, { kind: 'fire' }, inRole);
    for (const { run, decision } of due.expiries) await command(run, { kind: 'expire', decision }, inRole);
    dispatcher.look();
    return spared && due.leases.length > 0 ? Math.min(due.nextAt ?? Infinity, spareUntil) : due.nextAt;
  };

  const takeUp = async (): Promise<void> => {
    for (const lost of await engine.resume(await store.leased())) await lose(lost, { workersOf });
  };

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

  /** Puts on record what the engine says of an activation that it has, and that no worker has begun with. */
  const note = ({ run, activation, asked, said, remedy, retryAt }: Said): void => {
    const at = retryAt === null ? null : new Date(retryAt).toISOString();
    const delay = { asked, said, remedy, retryAt: at };
    command(run, { kind: 'await', activation, delay }).catch((error: unknown) =>
      log.warn({ err: error, run, activation, said }, 'what the engine says of a run could not be put on record'),
    );
  };

  return { end, note, passOverRuns, takeUp, tellOfOthers };
};
