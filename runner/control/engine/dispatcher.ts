import type { Logger } from 'pino';
import type { Ticket } from '../../../shared/api/worker-api.ts';
import type { Scheduled, Store } from '../store/store.ts';
import type { SupervisorRole } from '../supervisor-role.ts';
import type { Engine } from './engine.ts';
import { pick, type ScheduleLimits } from './schedule.ts';

export interface DispatcherOptions {
  readonly store: Pick<Store, 'queued' | 'leased' | 'onCommit'>;
  readonly engine: Engine;
  /** Without it nothing is dispatched: another control plane does, and counts what runs against the limits. */
  readonly role: Pick<SupervisorRole, 'held'>;
  readonly limits: ScheduleLimits;
  readonly ticketFor: (activation: Scheduled) => Ticket;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  /** Ms. */
  readonly beginMs?: number;
}

/** Brings what is queued to the engine, whenever something was committed or became free. It never polls. */
export interface Dispatcher extends Disposable {
  look(): void;
  /**
   * Activations that were handed over and have not begun for so long that they never will, and when the next of them
   * would be one (ms since the epoch).
   */
  overdue(now: number): { readonly activations: readonly Scheduled[]; readonly nextAt: number | null };
}

/** Starting a worker and its lease take 0.3 s; a machine that needs this long for it is not going to. */
const usualBeginMs = 30_000;
/** Of the queue that is looked at; the rest is behind all of these. */
const window = 2_000;

export const startDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { store, engine, role, limits, ticketFor, now, log, beginMs = usualBeginMs } = options;
  const handed = new Map<string, { readonly item: Scheduled; readonly at: number }>();
  let looking = false;
  let again = false;
  const stop = new AbortController();

  const dispatch = async (item: Scheduled): Promise<void> => {
    handed.set(item.activation, { item, at: now() });
    try {
      await engine.dispatch(ticketFor(item));
    } catch (error) {
      handed.delete(item.activation);
      log.error({ err: error, run: item.run, activation: item.activation }, 'an activation could not be dispatched');
    }
  };

  const lookOnce = async (): Promise<void> => {
    // Queued first: what begins in between is then in both, and counted once.
    const queued = await store.queued(window);
    const leased = await store.leased();
    const waiting = new Set(queued.map(({ activation }) => activation));
    if (queued.length < window)
      for (const activation of handed.keys()) if (!waiting.has(activation)) handed.delete(activation);
    const running = new Map(leased.map((item) => [item.activation, item]));
    for (const { item } of handed.values()) running.set(item.activation, item);
    const picked = pick({
      queued: queued.filter(({ activation }) => !running.has(activation)),
      running: [...running.values()],
      limits,
      freeSlots: engine.capacity(),
    });
    for (const item of picked) void dispatch(item);
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
    overdue: (at) => {
      const all = [...handed.values()];
      const late = all.filter((one) => one.at + beginMs <= at);
      for (const { item } of late) handed.delete(item.activation);
      const later = all.filter((one) => !late.includes(one)).map((one) => one.at + beginMs);
      return { activations: late.map(({ item }) => item), nextAt: later.length === 0 ? null : Math.min(...later) };
    },
    [Symbol.dispose]: () => {
      stop.abort();
      forget();
    },
  };
};
