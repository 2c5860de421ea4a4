import type { Refused, Ticket } from '../../../shared/api/worker-api.ts';
import type { RunEvent, WorkerEvent } from '../../../shared/run/events.ts';
import type { Refusal } from '../../../shared/run/refusal.ts';
import { fold, foldBodies, reduce } from '../../../shared/run/reduce.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { Hold } from './ports/hold.ts';
import { next } from './next/next.ts';
import { announce, perform } from './perform.ts';
import { BlobMissing, LogGone, SandboxRefused, type Log, type Ports, type StepContext } from './ports/ports.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { arrive } from './steps/arrive.ts';
import { SourceRefused } from '../workspace/workspace.ts';

/** How an activation ended, seen from its worker. */
export type Ended =
  /** Parked, in review or over: the log says so. */
  | { readonly outcome: 'ended'; readonly state: RunState }
  /** Somebody else holds the run now, or it is over: nothing more could be appended. */
  | { readonly outcome: 'fenced'; readonly refusal: Refusal }
  /** The control plane could not be reached for as long as the lease lasted, or the worker was told to stop. */
  | { readonly outcome: 'gone'; readonly reason: string };

/** Thrown through the steps to end them; caught in `work` alone. */
class Fenced extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** The run as this worker knows it. Only what the control plane answered is folded: never an event of our own that is not on record. */
class Record {
  events: readonly RunEvent[];
  state: RunState;
  readonly #onState: (state: RunState) => void;
  constructor(events: readonly RunEvent[], onState: (state: RunState) => void = () => {}) {
    const state = fold(events);
    if (state === undefined) throw new Error('a lease came without the run it is for');
    this.events = events;
    this.state = state;
    this.#onState = onState;
    onState(state);
  }
  learn(events: readonly RunEvent[]): void {
    const fresh = events.filter((event) => event.seq > this.state.seq);
    if (fresh.length === 0) return;
    this.events = [...this.events, ...fresh];
    for (const event of fresh) this.state = reduce(this.state, event) ?? this.state;
    this.#onState(this.state);
  }
}

/** What an activation needs: the log to find out what it is about, and then the rest, opened for that run. */
export interface Activation {
  readonly log: Log;
  /** The lease that `log` takes. */
  readonly hold: Hold;
  /** `signal` fires when nothing is to be done any more. */
  readonly open: (state: RunState, signal: AbortSignal) => Promise<Ports>;
  readonly worker: string;
  readonly signal: AbortSignal;
  /** Called with every state that the run comes to, for whoever shows it. Must not throw. */
  readonly onState?: (state: RunState) => void;
}

/**
 * One activation: takes the lease, does step after step until the run parks, is handed over or is over. Everything it
 * knows comes from the log, so it can be killed anywhere and begun again. Throws for bugs and broken disks only.
 */
export const work = async (ticket: Pick<Ticket, 'run' | 'activation'>, activation: Activation): Promise<Ended> => {
  const { log } = activation;
  using hold = activation.hold;
  const leased = await log.lease({ run: ticket.run, activation: ticket.activation, worker: activation.worker });
  if (leased.outcome === 'refused') return { outcome: 'fenced', refusal: leased.refusal };
  const record = new Record(leased.events, activation.onState);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, activation.signal, hold.lapsed]);
  const heart = beat(leased, { log, record, stop });
  let sandbox: Promise<Sandbox> | null = null;
  try {
    const opened = await activation.open(record.state, signal);
    const append = async (events: readonly WorkerEvent[]): Promise<void> => {
      // safe: redaction replaces characters within JSON strings, so the shape stays what it was
      const clean = JSON.parse(opened.redact(JSON.stringify(events))) as readonly WorkerEvent[];
      record.learn(held(await log.append({ fence: leased.fence, after: record.state.seq, events: clean })).events);
    };
    return await steps({
      record,
      ports: opened,
      signal,
      check: () => hold.sure(),
      append,
      sandbox: () => (sandbox ??= opened.sandboxes.open(opened.workspace.root)),
    });
  } catch (error) {
    // An abort that the heart or the lease called for has its reason there.
    const ended = [stop.signal, hold.lapsed].find(({ aborted }) => aborted);
    const cause: unknown = ended === undefined ? error : ended.reason;
    if (cause instanceof Fenced) return { outcome: 'fenced', refusal: cause.refusal };
    if (cause instanceof LogGone) return { outcome: 'gone', reason: cause.message };
    if (activation.signal.aborted) return { outcome: 'gone', reason: 'the worker was told to stop' };
    throw error;
  } finally {
    clearInterval(heart);
    if (sandbox !== null) await closed(sandbox);
  }
};

const held = <Answer extends { readonly outcome: string }>(answer: Answer | Refused): Exclude<Answer, Refused> => {
  if (answer.outcome === 'refused') throw new Fenced((answer as Refused).refusal); // safe: the only answer with that outcome
  return answer as Exclude<Answer, Refused>; // safe: the other one was thrown
};

/** Keeps the lease, and brings what others appended: messages, decisions, a cancellation. */
const beat = (
  leased: { readonly fence: number; readonly leaseMs: number },
  { log, record, stop }: { log: Log; record: Record; stop: AbortController },
): NodeJS.Timeout => {
  let beating = false;
  return setInterval(() => {
    if (beating) return;
    beating = true;
    log
      .heartbeat({ fence: leased.fence, after: record.state.seq })
      .then((answer) => record.learn(held(answer).events))
      .catch((error: unknown) => stop.abort(error))
      .finally(() => {
        beating = false;
      });
  }, leased.leaseMs / 3);
};

interface Walk {
  readonly record: Record;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Rejects where the lease is over: this process may have stood still since it looked last. */
  readonly check: () => Promise<void>;
  readonly append: (events: readonly WorkerEvent[]) => Promise<void>;
  readonly sandbox: () => Promise<Sandbox>;
}

const steps = async ({ record, ports, signal, check, append, sandbox }: Walk): Promise<Ended> => {
  const context = (): StepContext => ({
    state: record.state,
    events: record.events,
    ports,
    signal,
    append,
    sandbox,
  });
  await check();
  const arrival = await arrive(context()).catch((error: unknown) => refused(error));
  signal.throwIfAborted();
  if (arrival.length > 0) await append(arrival);
  /** What came of the step before, not on record yet: it goes there with the start of the next one, in one write. */
  let pending: readonly WorkerEvent[] = [];
  for (;;) {
    signal.throwIfAborted();
    const state = foldBodies(record.state, pending, new Date(ports.clock.now()).toISOString());
    const step = next(state, ports.clock.now(), ports.model.contextWindow);
    const begins = step.do === 'stop' || step.do === 'sleep' ? [] : announce(step, { state });
    if (begins.length > 0) await append([...pending, ...begins]);
    else if (pending.length > 0 && step.do !== 'judge') {
      // What has no start on record is decided on what is on record: others may have written meanwhile.
      await append(pending);
      pending = [];
      continue;
    }
    if (step.do === 'stop') return { outcome: 'ended', state };
    if (step.do === 'sleep') {
      await ports.clock.sleep(Date.parse(step.until) - ports.clock.now(), signal);
      continue;
    }
    await check();
    let unwritten = begins.length > 0 ? [] : pending;
    // What came in while the start was written belongs to what the step sees.
    const seen = unwritten.length > 0 ? { ...context(), state } : context();
    const outcome = await perform(step, seen).catch(async (error: unknown) => {
      // Whatever becomes of this step: what the one before did is not lost.
      if (unwritten.length > 0) await append(unwritten);
      unwritten = [];
      return refused(error);
    });
    signal.throwIfAborted();
    pending = [...unwritten, ...outcome];
  }
};

/** A machine that cannot isolate commands runs none, and without its code a run has nothing to work on: it fails with what to do. */
const refused = (error: unknown): readonly WorkerEvent[] => {
  if (!(error instanceof SandboxRefused || error instanceof SourceRefused || error instanceof BlobMissing)) throw error;
  return [
    { type: 'activation.ended', v: 2, until: null },
    { type: 'run.failed', v: 1, class: 'infrastructure', message: `${error.message} ${error.remedy}` },
  ];
};

const closed = async (sandbox: Promise<Sandbox>): Promise<void> => {
  const opened = await sandbox.catch(() => null);
  await opened?.[Symbol.asyncDispose]();
};
