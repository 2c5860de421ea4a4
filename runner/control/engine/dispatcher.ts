import type { Logger } from 'pino';
import type { Ticket } from '../../../shared/api/worker-api.ts';
import type { Command } from '../../../shared/run/command.ts';
import type { Scheduled, Store } from '../store/store.ts';
import type { SupervisorRole } from '../store/role.ts';
import { EngineRefusal, type Engine } from './engine.ts';
import { pick, type ScheduleLimits } from './schedule.ts';

export interface DispatcherOptions {
  readonly store: Pick<Store, 'heads' | 'queuedAmong' | 'leased' | 'command' | 'onCommit'>;
  readonly engine: Engine;
  /** Without it nothing is dispatched: another control plane does, and counts what runs against the limits. */
  readonly role: Pick<SupervisorRole, 'held'>;
  readonly limits: ScheduleLimits;
  readonly ticketFor: (activation: Scheduled) => Ticket;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Brings what is queued to the engine, whenever something was committed or became free. It never polls. */
export interface Dispatcher extends Disposable {
  /** Something else may have made it possible to begin with something: time, for what is to be begun no earlier than then. */
  look(): void;
}

export const startDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { store, engine, role, limits, ticketFor, now, log } = options;
  /** By run: what the engine was given and no worker has begun with, as far as is known. The engine says if none will. */
  const handed = new Map<string, Scheduled>();
  let looking = false;
  let again = false;
  const stop = new AbortController();

  const dispatch = async (item: Scheduled): Promise<void> => {
    const { run, activation } = item;
    handed.set(run, item);
    try {
      await engine.dispatch(ticketFor(item));
    } catch (error) {
      log.error({ err: error, run, activation }, 'an activation could not be dispatched');
      await store.command(run, whatFollows(activation, error));
      if (handed.get(run) === item) handed.delete(run);
    }
  };

  const lookOnce = async (): Promise<void> => {
    // Queued first: what begins in between is then in both, and counted once.
    const waiting = await store.queuedAmong([...handed.keys()]);
    const queued = await store.heads({
      now: now(),
      // So many of one tenant may have been handed over already.
      places: engine.capacity() + handed.size,
      byRepository: limits.perRepository !== null,
    });
    const leased = await store.leased();
    // It may have hung just now, for longer than its lease of the role.
    if (!role.held) return;
    const stillQueued = new Set(waiting.map(({ activation }) => activation));
    for (const [run, { activation }] of handed) if (!stillQueued.has(activation)) handed.delete(run);
    const running = new Map(leased.map((item) => [item.activation, item]));
    for (const item of handed.values()) running.set(item.activation, item);
    const picked = pick({
      queued: queued.filter(({ activation }) => !running.has(activation)),
      running: [...running.values()],
      limits,
      freeSlots: engine.capacity(),
    });
    for (const item of picked)
      dispatch(item).catch((error: unknown) => {
        // It is taken for handed over until another look finds that it is not.
        log.error({ err: error, run: item.run }, 'what could not be dispatched could not be put off either');
        handed.delete(item.run);
      });
  };

  const look = async (): Promise<void> => {
    again = true;
    if (looking) return;
    looking = true;
    try {
      while (again && !stop.signal.aborted && role.held && engine.capacity() > 0) {
        again = false;
        await lookOnce();
      }
    } catch (error) {
      log.error({ err: error }, 'the queue could not be read');
    } finally {
      looking = false;
    }
  };

  const forget = store.onCommit(() => void look());
  engine.onFree(() => void look());
  return {
    look: () => void look(),
    [Symbol.dispose]: () => {
      stop.abort();
      forget();
    },
  };
};

/** Pure. What is put off is asked for under another id: whatever may have come of this one is too late then. */
const whatFollows = (activation: string, error: unknown): Command => {
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof EngineRefusal)) return { kind: 'defer', activation, reason, remedy: null };
  const { remedy } = error;
  return error.forGood ? { kind: 'refuse', activation, reason, remedy } : { kind: 'defer', activation, reason, remedy };
};
