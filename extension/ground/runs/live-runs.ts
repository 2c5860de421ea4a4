import * as vscode from 'vscode';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { ConnectionError } from '../problem/connection-error.ts';
import type { Connection } from '../connection/connection.ts';
import { readSettings } from '../connection/settings.ts';
import { beyond, foldEvent, newer, newestFirst, openDecisionsIn, tailOf } from './fold.ts';
import type { Runs } from './runs.ts';

/** Runs that are read at first: more than a person scrolls through. The history asks for older ones itself. */
const KEPT_RUNS = 1_000;
/** What the API gives at once, at most. */
const PAGE = 500;
/** ms between attempts to reach a runner that is away. */
const BACKOFF_MS = [250, 500, 1_000, 2_000, 5_000];
const LONGEST_MS = 10_000;
/** ms in which events are gathered before the views are told: below what a person can see, above a burst. */
const GATHER_MS = 10;

interface Follower {
  readonly run: string;
  readonly listener: (events: readonly RunEvent[]) => void;
  seq: number;
  /** Events that came while the log was being read; null: it is read. */
  held: RunEvent[] | null;
  /** Attempts to read it since the last one that went well, while one is under way or waits for its time. */
  catching: number | null;
}

export const createRuns = (connection: Connection, log: vscode.LogOutputChannel): Runs => {
  const changes = new vscode.EventEmitter<ReadonlySet<string>>();
  const book = new Map<string, RunState>();
  const followers = new Set<Follower>();
  const stop = new AbortController();
  let loaded = false;
  let begun = false;
  let position = 0;
  /** The runner that `book` and `position` are of: those of another one mean nothing. */
  let source = '';
  let pending = new Set<string>();
  let timer: NodeJS.Timeout | null = null;

  const put = (state: RunState): void => {
    book.set(state.id, state);
    // What comes of one that is forgotten is asked for.
    for (const run of beyond(book, KEPT_RUNS)) if (run !== state.id) book.delete(run);
    tell(state.id);
  };

  const tell = (run: string): void => {
    pending.add(run);
    timer ??= setTimeout(() => {
      timer = null;
      const changed = pending;
      pending = new Set();
      changes.fire(changed);
    }, GATHER_MS);
  };

  const learn = (state: RunState): void => {
    const before = book.get(state.id);
    if (newer(before, state) === before) return;
    put(state);
  };

  const ask = async (run: string): Promise<void> => {
    const api = await connection.api();
    learn(await api.runs.get.query({ run }));
  };

  const load = async (): Promise<void> => {
    const api = await connection.api();
    const first = await api.runs.list.query({ limit: PAGE });
    const open = await api.runs.list.query({ status: 'open', limit: PAGE });
    const rest =
      first.next === null ? null : await api.runs.list.query({ limit: KEPT_RUNS - PAGE, before: first.next });
    book.clear();
    for (const state of [...first.runs, ...open.runs, ...(rest?.runs ?? [])])
      book.set(state.id, newer(book.get(state.id), state));
    position = first.position;
    loaded = true;
    changes.fire(new Set(book.keys()));
  };

  const readLog = async (follower: Follower): Promise<void> => {
    const api = await connection.api();
    for (;;) {
      const events = await api.runs.events.query({ run: follower.run, after: follower.seq, limit: PAGE });
      give(follower, events);
      if (events.length < PAGE) break;
    }
    const held = follower.held ?? [];
    follower.held = null;
    give(follower, held);
  };

  const give = (follower: Follower, events: readonly RunEvent[]): void => {
    const { seq, fresh, gap } = tailOf(follower.seq, events);
    follower.seq = seq;
    if (fresh.length > 0 && followers.has(follower)) follower.listener(fresh);
    if (gap && follower.held === null) {
      follower.held = [...events];
      catchUp(follower);
    }
  };

  /** Reads what a follower lacks, again and again until it is there or nobody follows any more. */
  const catchUp = (follower: Follower, attempt = 0): void => {
    if (attempt === 0 && follower.catching !== null) return;
    follower.catching = attempt;
    readLog(follower).then(
      () => {
        follower.catching = null;
        // What was held had a gap of its own.
        if (follower.held !== null) catchUp(follower);
      },
      (error: unknown) => {
        log.warn(`log of ${follower.run}: ${String(error)}`);
        const again = (): void => {
          if (followers.has(follower) && !stop.signal.aborted) catchUp(follower, attempt + 1);
        };
        setTimeout(again, BACKOFF_MS[attempt] ?? LONGEST_MS);
      },
    );
  };

  const take = (event: RunEvent): void => {
    position = event.position;
    const folded = foldEvent(book, event);
    if (folded.outcome === 'changed') {
      put(folded.state);
    } else if (folded.outcome === 'missing')
      ask(event.run).catch((error: unknown) => log.warn(`run ${event.run}: ${String(error)}`));
    for (const follower of followers) {
      if (follower.run !== event.run) continue;
      if (follower.held === null) give(follower, [event]);
      else follower.held.push(event);
    }
  };

  /** One connection, from its beginning to its break. */
  const session = async (): Promise<void> => {
    const api = await connection.api();
    const { state } = connection;
    const here = state.status !== 'connected' ? source : state.local ? `local ${readSettings().home}` : state.url;
    if (!loaded || here !== source) await load();
    source = here;
    for (const follower of followers) if (follower.held !== null) catchUp(follower);
    const { subscribe } = await import('../../../shared/client/feed.ts');
    const broken = new AbortController();
    // A person may point to another runner while this one goes on.
    const elsewhere = connection.onDidChangeState(({ status }) => {
      if (status === 'starting') broken.abort();
    });
    try {
      for await (const event of subscribe(
        api,
        { run: null, after: position },
        AbortSignal.any([stop.signal, broken.signal]),
      ))
        take(event);
    } finally {
      elsewhere.dispose();
    }
    if (!broken.signal.aborted) connection.lost();
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        await session();
        attempt = -1;
      } catch (error) {
        const known = error instanceof ConnectionError;
        if (!known) {
          log.warn(`feed: ${String(error)}`);
          connection.lost();
        }
        // What only a person can mend is not tried again until somebody has.
        const ms = known && error.trouble !== 'unreachable' ? null : (BACKOFF_MS[attempt] ?? LONGEST_MS);
        await untilRetry(ms);
      }
    }
  };

  /** Until the time is over (null: never), or somebody reconnects, or the window closes. */
  const untilRetry = (ms: number | null): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        if (timeout !== undefined) clearTimeout(timeout);
        listener.dispose();
        stop.signal.removeEventListener('abort', done);
        resolve();
      };
      const timeout = ms === null ? undefined : setTimeout(done, ms);
      const listener = connection.onDidChangeState(({ status }) => {
        if (status === 'connected') done();
      });
      stop.signal.addEventListener('abort', done);
    });

  const begin = (): void => {
    if (begun) return;
    begun = true;
    run().catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
  };

  return {
    onDidChange: changes.event,
    get loaded() {
      return loaded;
    },
    all: () => {
      begin();
      return newestFirst(book);
    },
    get: (id) => {
      begin();
      return book.get(id);
    },
    decisions: () => {
      begin();
      return openDecisionsIn(book);
    },
    follow: (run, listener) => {
      begin();
      const follower: Follower = { run, listener, seq: 0, held: [], catching: null };
      followers.add(follower);
      catchUp(follower);
      return new vscode.Disposable(() => followers.delete(follower));
    },
    learn,
    dispose: () => {
      stop.abort();
      if (timer !== null) clearTimeout(timer);
      changes.dispose();
    },
  };
};
