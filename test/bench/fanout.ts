import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { ApiRouter } from '../../shared/api/router.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { neverAnswers } from '../fakes/openai/index.ts';
import { cpuMs } from '../harness/processes.ts';
import { Rig } from '../harness/rig.ts';
import { leasedWorker } from './leased-worker.ts';
import type { PlainRouter } from './plain-feed.ts';
import type { Bench } from './rows.ts';
import { inMs, p50, quantile, timed } from './statistics.ts';
import { stepEvent } from './store-run.ts';

const subscribers = 100;
const rounds = 6;
/** One at a time, each some ms after the one before has arrived everywhere: how late it is. */
const apart = { events: 20, everyMs: 20 };
/** As fast as they can be appended: how many get through. */
const atOnce = { batches: 20, events: 10 };

/** A server of events and whoever feeds it. */
interface Side {
  readonly pid: number;
  /** Position of the last event that was published. */
  position(): number;
  /** Resolves when the server has taken so many more events, of about 500 bytes each. */
  publish(count: number): Promise<void>;
  /** Calls back with positions as they arrive, the first time when the subscription stands; returns its end. */
  subscribe(arrived: (position: number) => void, failed: (error: unknown) => void): () => void;
}

const linksTo = (url: string, token: string) => {
  const headers = { authorization: `Bearer ${token}` };
  const withToken = (input: string | URL | Request, init: { readonly headers: Readonly<Record<string, string>> }) =>
    fetch(input, { ...init, headers: { ...init.headers, ...headers } });
  const stream = httpSubscriptionLink({ url, EventSource, eventSourceOptions: { fetch: withToken } });
  return [
    splitLink({ condition: ({ type }) => type === 'subscription', true: stream, false: httpLink({ url, headers }) }),
  ];
};

const ours = async (): Promise<Side & AsyncDisposable> => {
  const rig = await Rig.start({ script: () => neverAnswers(), env: { LONGHAUL_WORKERS: '1' } });
  const worker = await leasedWorker(rig);
  let position = (await rig.api.runs.list.query({})).position;
  return {
    pid: rig.pid,
    position: () => position,
    publish: async (count) => {
      position += count;
      await worker.append(Array.from({ length: count }, () => stepEvent));
    },
    subscribe: (arrived, onError) => {
      const client = createTRPCClient<ApiRouter>({ links: linksTo(`${rig.url}/trpc`, rig.token) });
      // From the last one on, which comes at once.
      const input = { run: null, after: position - 1 };
      const onData = ({ data }: { data: RunEvent }) => arrived(data.position);
      const subscription = client.runs.feed.subscribe(input, { onData, onError });
      return () => subscription.unsubscribe();
    },
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
};

const plain = async (): Promise<Side & Disposable> => {
  const child = fork(path.join(import.meta.dirname, 'plain-feed.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [url] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the plain server ended with ${String(code)}`);
    }),
  ]);
  const client = createTRPCClient<PlainRouter>({ links: linksTo(`${String(url)}/trpc`, 'none') });
  let position = 0;
  const next = (): RunEvent => ({
    run: 'run_0123456789abcdef',
    seq: (position += 1),
    position,
    at: new Date().toISOString(),
    activation: 'act_0123456789abcdef',
    body: stepEvent,
  });
  return {
    pid: child.pid ?? 0,
    position: () => position,
    publish: (count) => client.append.mutate(Array.from({ length: count }, next)),
    subscribe: (arrived, onError) => {
      const own = createTRPCClient<PlainRouter>({ links: linksTo(`${String(url)}/trpc`, 'none') });
      const onData = ({ data }: { data: RunEvent | null }) => arrived(data?.position ?? position);
      const subscription = own.feed.subscribe(undefined, { onData, onError });
      return () => subscription.unsubscribe();
    },
    [Symbol.dispose]: () => void child.kill(),
  };
};

interface Measured {
  /** Ms from an event's being sent to the server to its arrival, for each subscriber and event. */
  readonly late: number[];
  /** Events that arrived in a second, at all subscribers together. */
  readonly perSecond: number[];
  /** µs of the server's CPU for each of them. */
  readonly cpu: number[];
}

/** Many subscribers, each of whom must get every event once and in order. */
class Audience implements Disposable {
  readonly #ends: readonly (() => void)[];
  #wanted: number;
  #there = 0;
  #all = Promise.withResolvers<void>();

  /** `onArrival` is called for each event at each subscriber. */
  constructor(side: Side, onArrival: (position: number) => void) {
    this.#wanted = side.position();
    this.#ends = Array.from({ length: subscribers }, () => {
      let last: number | null = null;
      return side.subscribe(
        (position) => {
          if (last === null) last = position;
          else if (position === last + 1) onArrival((last = position));
          else this.#all.reject(new Error(`event ${position} came after ${last}`));
          if (position === this.#wanted && (this.#there += 1) === subscribers) this.#all.resolve();
        },
        (error) => this.#all.reject(error),
      );
    });
  }

  /** Resolves when all subscriptions stand. */
  seated(): Promise<void> {
    return this.#all.promise;
  }

  /** Resolves when what is published meanwhile, so many events, has come to each of them. */
  async hear(events: number, publish: () => Promise<void>): Promise<void> {
    this.#wanted += events;
    this.#there = 0;
    this.#all = Promise.withResolvers();
    await Promise.all([publish(), this.#all.promise]);
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) end();
  }
}

const measure = async (side: Side, { late, perSecond, cpu }: Measured): Promise<void> => {
  let sent: number | null = null;
  using audience = new Audience(side, () => {
    if (sent !== null) late.push(performance.now() - sent);
  });
  await audience.seated();
  for (let round = 0; round < apart.events; round += 1) {
    sent = performance.now();
    await audience.hear(1, () => side.publish(1));
    await pause(apart.everyMs);
  }
  sent = null;
  const { batches, events } = atOnce;
  const cpuBefore = await cpuMs(side.pid);
  const ms = await timed(() =>
    audience.hear(batches * events, async () => {
      for (let batch = 0; batch < batches; batch += 1) await side.publish(events);
    }),
  );
  const deliveries = batches * events * subscribers;
  perSecond.push((deliveries * 1000) / ms);
  cpu.push((((await cpuMs(side.pid)) - cpuBefore) * 1000) / deliveries);
};

const nothing = (): Measured => ({ late: [], perSecond: [], cpu: [] });
const count = (value: number): string => Math.round(value).toLocaleString('en');

/** The feed and plain tRPC events, in turn in one run, to the same clients. */
export const fanout: Bench = {
  name: 'fanout',
  run: async () => {
    await using feed = await ours();
    using bare = await plain();
    const [of, against] = [nothing(), nothing()];
    // The first round warms up.
    await measure(bare, nothing());
    await measure(feed, nothing());
    for (let round = 0; round < rounds; round += 1) {
      await measure(bare, against);
      await measure(feed, of);
    }
    const each = atOnce.batches * atOnce.events;
    return [
      {
        what: `feed to ${subscribers} subscribers, events delivered, against plain tRPC events`,
        value: p50(of.perSecond) / p50(against.perSecond),
        unit: '×',
        target: { at: 'least', value: 0.5 },
        note: `${count(p50(of.perSecond))}/s against ${count(p50(against.perSecond))}/s, p50 of ${rounds} rounds of ${each} events, none lost, none twice; the server's CPU for each ${count(p50(of.cpu))} µs against ${count(p50(against.cpu))} µs`,
      },
      {
        what: `feed to ${subscribers} subscribers, an event sent by its worker to its arrival`,
        value: p50(of.late),
        unit: 'ms',
        target: null,
        note: `p50; p95 ${inMs(quantile(of.late, 0.95))}; plain tRPC, which writes nothing to disk, ${inMs(p50(against.late))}, p95 ${inMs(quantile(against.late, 0.95))}`,
      },
    ];
  },
};
