import { setTimeout as delay } from 'node:timers/promises';
import { subscribe } from '../../../shared/client/feed.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { Api } from './client.ts';

export interface FollowOptions {
  readonly run: string | null;
  /** Position of the last event that is known: everything after it comes, each event once. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Asked for at the start and after every break. Null: the signal fired meanwhile. Throws where trying again is of no use. */
  readonly connect: () => Promise<Api | null>;
  readonly onBreak?: () => void;
}

/**
 * ms before the second and later attempts to reconnect; the first is made at once. EventSource's own wait of 3 s is
 * never used: a break ends the subscription, and a new one asks for what came after the last event seen.
 */
const backoffMs = [0, 50, 100, 200, 400, 800];

/** Events of a run, or of all runs, in order, through every break of the connection, until the signal fires. */
export async function* follow({ run, after, signal, connect, onBreak }: FollowOptions): AsyncGenerator<RunEvent> {
  let position = after;
  let attempts = 0;
  while (!signal.aborted) {
    const api = await connect();
    if (api === null) return;
    for await (const event of subscribe(api.call, { run, after: position }, signal)) {
      attempts = 0;
      position = event.position;
      yield event;
    }
    if (signal.aborted) return;
    onBreak?.();
    await pause(backoffMs[Math.min(attempts, backoffMs.length - 1)] ?? 0, signal);
    attempts += 1;
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
