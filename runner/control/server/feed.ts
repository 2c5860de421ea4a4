import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FeedInput, includes, type Principal, type RunnerApi } from '../../../shared/api/runner-api.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import { turns } from '../../machine/turns.ts';
import type { FeedLimits, FeedPage, Store } from '../store/store.ts';
import { asPerson, runOf, type ControlPlane } from '../usecases/plane.ts';
import { opening, ping, pingMs } from './event-stream.ts';
import { sharedPages } from './shared-pages.ts';

/**
 * What is read at once, and all that a slow subscriber holds in memory: 256 KB is a hundred events of the usual size.
 */
const pageLimits: FeedLimits = { rows: 100, bytes: 256 * 1024 };

/**
 * Pages at once that one caller has read: however many feeds they catch up with, another caller, and what the runner itself
 * reads, does not wait behind all of them.
 */
const pagesAtOnce = 2;

/** The feed on its way from the store to those who subscribe to it. */
export interface Feed {
  /**
   * Pages with every event after a position, in order, until the subscriber leaves; the first one comes at once, and may be
   * empty. A commit only says that there is something to read; what is read comes from the store, by position, when the
   * subscriber has taken what came before, and between two pages everybody else has their turn. When the runner stops, it
   * ends with an AbortError, which the transport turns into a cut connection: the subscriber comes back. Throws RefusedError.
   */
  readonly pages: (caller: Principal, input: FeedInput, signal: AbortSignal) => AsyncGenerator<FeedPage>;
  /** The same, event by event. */
  readonly events: RunnerApi['feed'];
}

export const openFeed = (plane: ControlPlane): Feed => {
  const { store, closing } = plane;
  const read = sharedPages(store, (filter, after) => store.feedPage(filter, after, pageLimits));
  const turn = turns(pagesAtOnce);

  async function* pages(caller: Principal, input: FeedInput, signal: AbortSignal): AsyncGenerator<FeedPage> {
    const person = asPerson(caller);
    const { tenant, name } = person;
    if (input.run !== null) await runOf(plane, person, input.run);
    const until = AbortSignal.any([signal, closing]);
    using commits = commitsOf(store, input.run, until);
    let position = input.lastEventId ?? input.after ?? (await store.position());
    for (let first = true; ; first = false) {
      until.throwIfAborted();
      commits.seen();
      const after = position;
      const page = await turn(JSON.stringify([tenant, name]), () => read({ tenant, run: input.run }, after));
      if (first || page.events.length > 0) yield page;
      position = page.events.at(-1)?.position ?? position;
      await (page.more ? nextTurn() : commits.next());
    }
  }

  async function* events(...asked: Parameters<Feed['pages']>): AsyncGenerator<RunEvent> {
    for await (const page of pages(...asked))
      // safe: the store made it of an event
      for (const { json } of page.events) yield JSON.parse(json) as RunEvent;
  }

  return { pages, events };
};

/** Tells whether anything was committed since `seen`; `next` returns at once if so, and when the signal fires. */
const commitsOf = (store: Store, run: string | null, signal: AbortSignal) => {
  let news = Promise.withResolvers<void>();
  const stop = store.onCommit((runs) => {
    if (run === null || runs === null || runs.includes(run)) news.resolve();
  });
  const abort = (): void => news.resolve();
  signal.addEventListener('abort', abort);
  return {
    seen: (): void => {
      news = Promise.withResolvers<void>();
      if (signal.aborted) news.resolve();
    },
    next: (): Promise<void> => news.promise,
    [Symbol.dispose]: (): void => {
      stop();
      signal.removeEventListener('abort', abort);
    },
  };
};

export interface FeedRoute {
  readonly pages: Feed['pages'];
  readonly callerOf: (header: string | undefined) => Principal | null;
  /** Streams that are open, to be cut when the server closes. */
  readonly streams: Set<ServerResponse>;
  /** tRPC's own way: for whatever is not the plain case, refusals above all. */
  readonly otherwise: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/**
 * `runs.feed` as tRPC says it on the wire, from the texts in the database: a page is one piece, and no event of it is taken
 * apart. tRPC does some ten things with each event, which is what held up everybody else where many catch up. It goes on
 * when the subscriber has taken the page before: of each, no more than that waits in memory.
 */
export const feedRoute =
  ({ pages, callerOf, streams, otherwise }: FeedRoute) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const asked = inputOf(request);
    const caller = callerOf(request.headers.authorization);
    if (asked === null || caller?.kind !== 'person' || !includes(caller.role, 'viewer'))
      return otherwise(request, reply);
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const feed = pages(caller, asked, left.signal);
    const first = await feed.next().catch(() => null);
    if (first === null || first.done === true) return otherwise(request, reply);
    reply.hijack();
    streams.add(reply.raw);
    try {
      await send(reply.raw, first.value, feed);
    } catch {
      // Cut, not ended: the subscriber comes back, and hears then what is wrong.
    } finally {
      streams.delete(reply.raw);
      reply.raw.destroy();
      await feed.return(undefined);
    }
  };

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
};

const send = async (to: ServerResponse, first: FeedPage, feed: AsyncGenerator<FeedPage>): Promise<void> => {
  to.writeHead(200, headers);
  let silent = true;
  const pings = setInterval(() => {
    if (silent && !to.writableNeedDrain) to.write(ping);
    silent = true;
  }, pingMs);
  try {
    await written(to, opening + textOf(first));
    for (let next = await feed.next(); next.done !== true; next = await feed.next()) {
      silent = false;
      await written(to, textOf(next.value));
    }
  } finally {
    clearInterval(pings);
  }
};

/** Those who are at the same position share a page, and so its text. */
const texts = new WeakMap<FeedPage, string>();
const textOf = (page: FeedPage): string => {
  const known = texts.get(page);
  if (known !== undefined) return known;
  const text = page.events.map(({ position, json }) => `data: ${json}\nid: ${position}\n\n\n`).join('');
  texts.set(page, text);
  return text;
};

/** Returns when there is room for more; rejects when the subscriber is gone. */
const written = async (to: ServerResponse, text: string): Promise<void> => {
  if (to.destroyed) throw new Error('The subscriber is gone.');
  if (text === '' || to.write(text)) return;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  to.once('close', leave);
  try {
    await once(to, 'drain', { signal: gone.signal });
  } finally {
    to.off('close', leave);
  }
};

/** Null: for tRPC to say what is wrong with it. */
const inputOf = ({ query, headers }: FastifyRequest): FeedInput | null => {
  // safe: Fastify parses a query into strings and lists of them, which are looked at below
  const { input, batch, lastEventId } = query as Readonly<Record<string, unknown>>;
  if (batch !== undefined || (input !== undefined && typeof input !== 'string')) return null;
  const last = headers['last-event-id'] ?? lastEventId;
  try {
    const given: unknown = input === undefined ? {} : JSON.parse(input);
    if (typeof given !== 'object' || given === null) return null;
    return FeedInput.parse(last === undefined || last === '' ? given : { ...given, lastEventId: last });
  } catch {
    return null;
  }
};
