import { setTimeout as pause } from 'node:timers/promises';
import { TRPCClientError } from '@trpc/client';
import type { Hold } from '../run/ports/hold.ts';
import { LogGone } from '../run/ports/ports.ts';

/** How long a control plane may be out of reach before there is a lease; after that, the lease says how long. */
const patienceMs = 15_000;
const firstPauseMs = 20;
const longestPauseMs = 1_000;
/** Bytes a second that a blob makes at least on a way that is worth waiting for. */
const slowestBlob = 64 * 1024;

/** One try at a question: when it was sent, and the signal that ends it, which leaves time for so many bytes to be sent as well. */
export interface Attempt {
  readonly sent: number;
  readonly within: (bytes?: number) => AbortSignal;
}

/** Asks a question until it is answered. Throws `LogGone` when patience or the lease ends. */
export type Insist = <Answer>(question: (attempt: Attempt) => Promise<Answer>) => Promise<Answer>;

/**
 * Asks until there is an answer: no answer says nothing about whether it was done, so what is asked must be repeatable. Each
 * try has an end of its own, for a connection may be open and nobody at its other end; without a lease patience ends
 * too, and with one it ends with the lease.
 */
export const insistent =
  ({ url, hold, signal }: { readonly url: string; readonly hold: Hold; readonly signal: AbortSignal }): Insist =>
  async (question) => {
    const began = hold.now();
    for (let wait = firstPauseMs; ; wait = Math.min(longestPauseMs, wait * 2)) {
      if (hold.begun) hold.check();
      try {
        return await question({
          sent: hold.now(),
          within: (bytes = 0) =>
            AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(hold.requestMs + (1000 * bytes) / slowestBlob))]),
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!unanswered(error)) throw error;
        if (!hold.begun && hold.now() + wait - began > patienceMs)
          throw new LogGone(`the control plane at ${url} has not answered for ${Math.round(patienceMs / 1000)} s`, {
            cause: error,
          });
        await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  };

/** No answer at all, or one from a server that was on its way down: worth asking again. A typed refusal is not. */
const unanswered = (error: unknown): boolean => {
  if (error instanceof TRPCClientError)
    return (
      error.data === undefined || error.data === null || (error.data as { httpStatus?: number }).httpStatus === 503
    ); // safe: tRPC's own error data
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
};
