import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FeedInput, includes, type Principal } from '../../../shared/api/runner-api.ts';
import type { FeedPage } from '../store/store.ts';
import { opening, ping, pingMs } from './event-stream.ts';

/** Pages of the feed for a caller, the first one at once. */
export type FeedPages = (caller: Principal, input: FeedInput, signal: AbortSignal) => AsyncIterable<FeedPage>;

export interface FeedRoute {
  readonly pages: FeedPages;
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
    const feed = pages(caller, asked, left.signal)[Symbol.asyncIterator]();
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
      await feed.return?.();
    }
  };

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
};

const send = async (to: ServerResponse, first: FeedPage, feed: AsyncIterator<FeedPage>): Promise<void> => {
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
