import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FeedInput, Principal } from '../../../shared/api/runner-api.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { FeedLimits, FeedPage, Store } from '../store/store.ts';
import { asPerson, runOf, type ControlPlane, type Person } from './plane.ts';
import { sharedPages } from './shared-pages.ts';
import { turns } from '../../machine/turns.ts';

/**
 * What is read at once, and all that a slow subscriber holds in memory: 256 KB is a hundred events of the usual size.
 */
const pageLimits: FeedLimits = { rows: 100, bytes: 256 * 1024 };

/**
 * Pages at once that one caller has read: however many feeds they catch up with, another caller, and what the runner itself
 * reads, does not wait behind all of them.
 */
const pagesAtOnce = 2;

/** Reads pages of the feed for a caller. */
export type ReadFeed = (caller: Person, filter: Filter, after: number) => Promise<FeedPage>;
type Filter = Parameters<Store['feedPage']>[0];

export const feedReading = (store: Pick<Store, 'feedPage' | 'onCommit'>): ReadFeed => {
  const read = sharedPages(store, (filter: Filter, after) => store.feedPage(filter, after, pageLimits));
  const turn = turns(pagesAtOnce);
  return ({ tenant, name }, filter, after) => turn(JSON.stringify([tenant, name]), () => read(filter, after));
};

interface Subscription {
  readonly input: FeedInput;
  readonly signal: AbortSignal;
  readonly read: ReadFeed;
}

/**
 * Pages with every event after a position, in order, until the subscriber leaves; the first one comes at once, and may be
 * empty. A commit only says that there is something to read; what is read comes from the store, by position, when the
 * subscriber has taken what came before, and between two pages everybody else has their turn. When the runner stops, it
 * ends with an AbortError, which the transport turns into a cut connection: the subscriber comes back. Throws RefusedError.
 */
export async function* feedPages(
  plane: ControlPlane,
  caller: Principal,
  { input, signal, read }: Subscription,
): AsyncGenerator<FeedPage> {
  const person = asPerson(caller);
  if (input.run !== null) await runOf(plane, person, input.run);
  const until = AbortSignal.any([signal, plane.closing]);
  using commits = commitsOf(plane.store, input.run, until);
  const filter = { tenant: person.tenant, run: input.run };
  let position = input.lastEventId ?? input.after ?? (await plane.store.position());
  for (let first = true; ; first = false) {
    until.throwIfAborted();
    commits.seen();
    const page = await read(person, filter, position);
    if (first || page.events.length > 0) yield page;
    position = page.events.at(-1)?.position ?? position;
    await (page.more ? nextTurn() : commits.next());
  }
}

/** The same, event by event. */
export async function* feed(
  plane: ControlPlane,
  caller: Principal,
  subscription: Subscription,
): AsyncGenerator<RunEvent> {
  for await (const { events } of feedPages(plane, caller, subscription))
    // safe: the store made it of an event
    for (const { json } of events) yield JSON.parse(json) as RunEvent;
}

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
