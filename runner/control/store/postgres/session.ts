import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { cut, unlessSilent } from './connections.ts';

export interface SessionOptions {
  /** A new connection, not yet open. */
  readonly open: () => Client;
  /** Called with each connection, once it is open; returns when what it is for stands. It stands until `lost` fires. */
  readonly begin: (client: Client, lost: AbortSignal) => Promise<void>;
  /** It asks the server by itself, at least every 5 s, and cuts a connection that is silent. */
  readonly looksItself?: boolean;
  /** Called with a connection that stands when it is not kept any more, before it is closed. Waited for for 2 s at most. */
  readonly end?: (client: Client) => Promise<void>;
  /** Told why a connection broke or could not be had; once, until the next one stands. */
  readonly onTrouble: (error: unknown) => void;
}

const firstPauseMs = 50;
const longestPauseMs = 2_000;
/** So often, and so long, is asked whether the other side is still there. A machine that vanished says nothing. */
const lookMs = 5_000;
const farewellMs = 2_000;

export interface Session extends AsyncDisposable {
  /** Resolves when what it is for stood for the first time, or it was disposed of before. */
  readonly begun: Promise<void>;
}

/** Keeps one connection for as long as it is not disposed of: opens another when it breaks, as often as it takes. */
export const keepSession = (options: SessionOptions): Session => {
  const { open, begin, end: farewell, looksItself = false, onTrouble } = options;
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  let wait = firstPauseMs;
  let told = false;

  const oneSession = async (): Promise<void> => {
    const client = open();
    const lost = new AbortController();
    const end = (why: unknown): void => lost.abort(why);
    let stands = false;
    const stopped = (): void => {
      if (!stands || farewell === undefined) return cut(client);
      // A connection that is silent is cut by this as well.
      unlessSilent(client, farewell(client), farewellMs).then(
        () => cut(client),
        () => cut(client),
      );
    };
    client.on('error', end);
    client.on('end', () => end(new Error('The connection was ended.')));
    stop.signal.addEventListener('abort', stopped);
    try {
      await client.connect();
      await begin(client, lost.signal);
      stands = true;
      if (stop.signal.aborted) stopped();
      wait = firstPauseMs;
      told = false;
      begun.resolve();
      await untilLost(looksItself ? null : client, lost.signal);
    } finally {
      stop.signal.removeEventListener('abort', stopped);
      end(new Error('The session is over.'));
      cut(client);
    }
  };

  const work = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await oneSession();
      } catch (error) {
        if (!stop.signal.aborted && !told) onTrouble(error);
        told = true;
      }
      await pause(wait, undefined, { signal: stop.signal }).catch(() => {});
      wait = Math.min(longestPauseMs, wait * 2);
    }
  };

  const working = work();
  return {
    begun: begun.promise,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      begun.resolve();
      await working;
    },
  };
};

/** Rejects with the reason when the connection breaks; sees to it that this is noticed, if it is given the connection. */
const untilLost = async (client: Client | null, lost: AbortSignal): Promise<never> => {
  const look = setInterval(() => {
    if (client !== null) unlessSilent(client, client.query('select'), lookMs).catch(() => {});
  }, lookMs);
  try {
    if (!lost.aborted) await once(lost, 'abort');
  } finally {
    clearInterval(look);
  }
  throw lost.reason;
};
