import type { Logger } from 'pino';
import type { Ticket } from '../../../shared/api/worker-api.ts';
import type { Engine, Held, Lost, Said } from '../../control/engine/engine.ts';
import type { TriggerApi } from './api.ts';
import { fateOf, type TaskRun } from './fate.ts';
import { handOver } from './hand-over.ts';
import { notBegun } from './not-begun.ts';
import { optionsFor, runTag, type Origin, type TriggerSettings } from './task-options.ts';
import { startWatcher, type Watcher } from './watcher.ts';

export interface TriggerEngineOptions {
  readonly api: TriggerApi;
  readonly settings: Pick<TriggerSettings, 'waits' | 'ttlSeconds' | 'machine' | 'version'>;
  /** Activations at once. */
  readonly workers: number;
  readonly log: Logger;
  /** Null: there is no such run. */
  readonly originOf: (run: string) => Promise<Origin | null>;
  /** Ms between two looks at each open task run. */
  readonly pollMs?: number;
  /** Ms after a dispatch that Trigger.dev did not take, until it is a good moment to try again. */
  readonly retryMs?: number;
  /** Ms after which it is told of a task run that its worker has not begun. */
  readonly slowMs?: number;
  /** Called when it is disposed: ends what is being asked. */
  readonly stop: () => void;
}

/** Behind the realtime stream; 50 open runs make 150 requests a minute of it, a tenth of what the Cloud allows. */
const usualPollMs = 20_000;
const usualRetryMs = 10_000;
/** A machine that has to be started takes several seconds. */
const usualSlowMs = 10_000;
/** A server that frees the machine of a task that waits has done so by then. */
const freedMs = 120_000;
/** Looks in a row at which Trigger.dev may say that there is no such task run. */
const timesUnknown = 3;
/** Activations that are over, remembered against a second dispatch. */
const remembered = 10_000;
/** An activation that Trigger.dev has, or is being given. */
interface Flight extends Held {
  /** Null until Trigger.dev has said it. */
  taskRun: string | null;
  cancelled: boolean;
  /** Its task is suspended: it holds no slot. */
  waiting: boolean;
  /** Since when Longhaul knows that its run waits, or is over (ms since the epoch): whatever its task does, it holds no slot. */
  parkedAt: number | null;
  /** When its task run was asked for; ms since the epoch. */
  readonly askedAt: number;
  /** What was last told of why its worker has not begun. */
  said: string | null;
  /** How often in a row Trigger.dev did not know its task run. */
  unknown: number;
}

/**
 * The engine of Trigger.dev's tasks. They outlive this process: what it knows of them it learns again from Trigger.dev,
 * by the idempotency keys and tags that it gives them.
 */
export const triggerEngine = (options: TriggerEngineOptions): Engine => new TriggerEngine(options);

class TriggerEngine implements Engine {
  readonly kind = 'trigger';
  readonly #options: TriggerEngineOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #over = new Set<string>();
  readonly #lost: ((lost: Lost) => void)[] = [];
  readonly #said: ((said: Said) => void)[] = [];
  readonly #free: (() => void)[] = [];
  readonly #watcher: Watcher;
  /** A task that waited for long was seen to keep its machine. */
  #keepsMachines = false;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: TriggerEngineOptions) {
    this.#options = options;
    this.#watcher = startWatcher({
      api: options.api,
      open: (all) =>
        [...this.#flights.values()].flatMap(({ taskRun, waiting, parkedAt }) => {
          const rests = waiting || (parkedAt !== null && options.settings.waits === 'token');
          return taskRun === null || (rests && !all) ? [] : [taskRun];
        }),
      learn: (run) => this.#learn(run),
      unknown: (taskRun) => this.#miss(taskRun),
      pollMs: options.pollMs ?? usualPollMs,
      log: options.log,
    });
    // What is being asked for is what is asked in vain.
    options.api.onTrouble((words, retryAt) => {
      for (const flight of this.#flights.values())
        if (flight.taskRun === null)
          this.#say(flight, { asked: 'Trigger.dev, for a task run', said: words, remedy: null, retryAt });
    });
  }

  capacity(): number {
    const busy = [...this.#flights.values()].filter(({ waiting, parkedAt }) => !waiting && parkedAt === null).length;
    return this.#closed ? 0 : Math.max(0, this.#options.workers - busy);
  }

  async dispatch(ticket: Ticket): Promise<void> {
    const { run, activation } = ticket;
    if (this.#closed || this.#flights.has(activation) || this.#over.has(activation)) return;
    const flight = flightFor({ run, activation }, null);
    this.#flights.set(activation, flight);
    try {
      const origin = await this.#options.originOf(run);
      if (flight.cancelled || origin === null) {
        this.#end(flight);
        return;
      }
      const waiter = this.#options.settings.waits === 'token' ? await this.#toWaiter(ticket, origin.fence) : null;
      flight.taskRun =
        waiter ?? (await this.#options.api.trigger(ticket, optionsFor(ticket, origin, this.#options.settings)));
    } catch (error) {
      this.#flights.delete(activation);
      this.#retry ??= setTimeout(() => {
        this.#retry = null;
        this.#announceFree();
      }, this.#options.retryMs ?? usualRetryMs).unref();
      throw error;
    }
    if (flight.cancelled) this.#cancelTask(flight);
    // It may have ended before its id was known here, and then the stream's word of it meant nothing.
    void this.#look(flight.taskRun);
    const { taskRun } = flight;
    setTimeout(() => {
      if (!this.#closed && this.#flights.get(activation) === flight) void this.#look(taskRun);
    }, this.#options.slowMs ?? usualSlowMs).unref();
  }

  cancel(activation: string): void {
    const flight = this.#flights.get(activation);
    if (flight === undefined || flight.cancelled) return;
    flight.cancelled = true;
    this.#cancelTask(flight);
  }

  having(run: string): readonly string[] {
    return [...this.#flights.values()].flatMap((flight) => (flight.run === run ? [flight.activation] : []));
  }

  /** A task that waits for a run need not be known here: an earlier control plane may have started it. */
  release(run: string): void {
    if (this.#options.settings.waits === 'end') return;
    const end = async (): Promise<void> => {
      const newest = await this.#options.api.newest(runTag(run));
      if (newest === null) return;
      for (const flight of this.#flights.values()) if (flight.taskRun === newest.id) flight.cancelled = true;
      await this.#options.api.cancel(newest.id);
      await this.#look(newest.id);
    };
    // It holds no machine, and its token has an end.
    end().catch((error: unknown) => this.#options.log.warn({ err: error, run }, 'a waiting task could not be ended'));
  }

  parked(activation: string): void {
    const flight = this.#flights.get(activation);
    if (flight === undefined || flight.parkedAt !== null) return;
    flight.parkedAt = Date.now();
    this.#announceFree();
  }

  onSaid(listener: (said: Said) => void): void {
    this.#said.push(listener);
  }

  troubles(): readonly string[] {
    const listening = this.#watcher.listening();
    return [
      ...(listening.by === 'realtime'
        ? []
        : [
            `Trigger.dev’s realtime stream is not there since ${new Date(listening.since).toISOString()} (${listening.why}): tasks are polled every ${listening.everyMs / 1000} s.`,
          ]),
      ...(this.#keepsMachines ? [keepsMachines] : []),
    ];
  }

  onLost(listener: (lost: Lost) => void): void {
    this.#lost.push(listener);
  }

  onFree(listener: () => void): void {
    this.#free.push(listener);
  }

  /**
   * What is not found, or cannot be asked for, is left to its lease: a list of Trigger.dev's may be behind, and a worker
   * that is at work says so.
   */
  async resume(held: readonly Held[]): Promise<readonly Lost[]> {
    const lost: Lost[] = [];
    for (const { run, activation } of held) {
      const found = await this.#options.api.newest(runTag(run)).catch((error: unknown) => {
        this.#options.log.error({ err: error, run, activation }, 'Trigger.dev does not tell what became of it');
        return null;
      });
      if (found === null) continue;
      const fate = fateOf(found);
      if (fate.kind === 'lost') lost.push({ run, activation, reason: fate.reason });
      else if (fate.kind === 'ended')
        lost.push({ run, activation, reason: 'its task ended while the runner was away' });
      else this.#flights.set(activation, flightFor({ run, activation }, found.id));
    }
    return lost;
  }

  /** Tasks go on: they are the next control plane's. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#options.stop();
    await this.#watcher[Symbol.asyncDispose]();
  }

  async #toWaiter(ticket: Ticket, fence: number): Promise<string | null> {
    const waiter = await handOver(this.#options.api, ticket, fence);
    if (waiter === null) return null;
    // The task's earlier activation parked long ago; the task is this one's now.
    for (const flight of this.#flights.values()) if (flight.taskRun === waiter) this.#flights.delete(flight.activation);
    return waiter;
  }

  #cancelTask(flight: Flight): void {
    const { taskRun, run, activation } = flight;
    if (taskRun === null) return;
    this.#options.api.cancel(taskRun).then(
      () => this.#look(taskRun),
      // Its worker learns from the log that it has lost the run, and its slot is free when it has left.
      (error: unknown) => this.#options.log.error({ err: error, run, activation }, 'a task could not be cancelled'),
    );
  }

  async #look(taskRun: string): Promise<void> {
    const found = await this.#options.api.taskRun(taskRun).catch(() => null);
    if (found !== null) this.#learn(found);
  }

  #learn(found: TaskRun): void {
    const flight = [...this.#flights.values()].find(({ taskRun }) => taskRun === found.id);
    if (flight === undefined || this.#closed) return;
    flight.unknown = 0;
    const fate = fateOf(found);
    switch (fate.kind) {
      case 'under way':
        flight.waiting = false;
        if (flight.parkedAt !== null) this.#seeAtRest(flight.parkedAt);
        else if (Date.now() - flight.askedAt >= (this.#options.slowMs ?? usualSlowMs)) this.#sayOf(flight, found);
        return;
      case 'undeployed':
        this.#options.log.warn({ taskRun: found.id }, 'Trigger.dev has no version of the task: longhaul deploy');
        this.#sayOf(flight, found);
        return;
      case 'waiting':
        if (!flight.waiting) {
          flight.waiting = true;
          this.#announceFree();
        }
        return;
      case 'lost':
        if (!flight.cancelled) this.#report({ run: flight.run, activation: flight.activation, reason: fate.reason });
        this.#end(flight);
        return;
      case 'ended':
        this.#end(flight);
    }
  }

  /** Whether its worker has begun, the log knows. */
  #sayOf(flight: Flight, found: TaskRun): void {
    const endsAt = flight.askedAt + this.#options.settings.ttlSeconds * 1000;
    this.#say(flight, { asked: `Trigger.dev, task run ${found.id}`, ...notBegun(found.status, endsAt) });
  }

  #say(flight: Flight, what: Omit<Said, keyof Held>): void {
    if (this.#closed || flight.cancelled || flight.parkedAt !== null || flight.said === what.said) return;
    flight.said = what.said;
    for (const listener of this.#said) listener({ run: flight.run, activation: flight.activation, ...what });
  }

  #seeAtRest(parkedAt: number): void {
    if (this.#keepsMachines || this.#options.settings.waits === 'end' || Date.now() - parkedAt < freedMs) return;
    this.#keepsMachines = true;
    this.#options.log.warn(keepsMachines);
  }

  /** A list may be behind, so one "no" says little. What is gone for good would never be heard of again. */
  #miss(taskRun: string): void {
    const flight = [...this.#flights.values()].find((each) => each.taskRun === taskRun);
    if (flight === undefined || this.#closed) return;
    flight.unknown += 1;
    if (flight.unknown < timesUnknown) return;
    const { run, activation } = flight;
    if (!flight.cancelled) this.#report({ run, activation, reason: 'Trigger.dev does not know its task any more' });
    this.#end(flight);
  }

  #end({ activation }: Flight): void {
    if (!this.#flights.delete(activation)) return;
    this.#over.add(activation);
    const [oldest] = this.#over;
    if (this.#over.size > remembered && oldest !== undefined) this.#over.delete(oldest);
    this.#announceFree();
  }

  #report(lost: Lost): void {
    for (const listener of this.#lost) listener(lost);
  }

  #announceFree(): void {
    if (this.#closed) return;
    for (const listener of this.#free) listener();
  }
}

const keepsMachines =
  'A task that waits for a person keeps its machine and its place in Trigger.dev’s queue: this server makes no checkpoints. Set engine.waits to end.';

const flightFor = ({ run, activation }: Held, taskRun: string | null): Flight => ({
  run,
  activation,
  taskRun,
  cancelled: false,
  waiting: false,
  parkedAt: null,
  askedAt: Date.now(),
  said: null,
  unknown: 0,
});
