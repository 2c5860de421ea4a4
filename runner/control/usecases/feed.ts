import type { FeedInput, Principal } from '../../../shared/api/runner-api.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { Store } from '../store/store.ts';
import { asPerson, runOf, type ControlPlane } from './plane.ts';
import type { ReadPage } from './shared-pages.ts';

/** Events read at once. All that a slow subscriber holds in memory is one page of them. */
export const pageSize = 100;

interface Subscription {
  readonly input: FeedInput;
  readonly signal: AbortSignal;
  /** Gives pages of `pageSize`. */
  readonly readPage: ReadPage;
}

/**
 * Every event after a position, in order, until the subscriber leaves. A commit only says that there is something to
 * read; what is read comes from the store, by position, when the subscriber has taken what came before. When the runner
 * stops, it ends with an AbortError, which the transport turns into a cut connection: the subscriber comes back.
 */
export async function* feed(
  plane: ControlPlane,
  caller: Principal,
  { input, signal, readPage }: Subscription,
): AsyncGenerator<RunEvent> {
  const person = asPerson(caller);
  if (input.run !== null) await runOf(plane, person, input.run);
  const until = AbortSignal.any([signal, plane.closing]);
  using commits = commitsOf(plane.store, input.run, until);
  const filter = { tenant: person.tenant, run: input.run };
  let position = input.lastEventId ?? input.after ?? (await plane.store.position());
  for (;;) {
    until.throwIfAborted();
    commits.seen();
    const page = await readPage(filter, position);
    for (const event of page) {
      yield event;
      position = event.position;
    }
    if (page.length < pageSize) await commits.next();
  }
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
