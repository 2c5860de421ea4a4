import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import { z } from 'zod';
import type { ApiRouter } from '../../../shared/api/router.ts';
import {
  contract,
  WorkSettings,
  type Credential,
  type Held,
  type Refused,
  type Ticket,
} from '../../../shared/api/worker-api.ts';
import { BlobHash } from '../../../shared/run/artifacts.ts';
import { RunEvent, type WorkerEvent } from '../../../shared/run/events.ts';
import { Hold } from '../run/hold.ts';
import { BlobMissing, LogGone, type Blobs, type Log } from '../run/ports.ts';

/** How long a control plane may be out of reach before there is a lease; after that, the lease says how long. */
const patienceMs = 15_000;
const firstPauseMs = 20;
const longestPauseMs = 1_000;
/** Bytes a second that a blob makes at least on a way that is worth waiting for. */
const slowestBlob = 64 * 1024;

export interface ControlClient {
  readonly log: Log;
  /** The lease that `log` takes and renews. */
  readonly hold: Hold;
  readonly blobs: Blobs;
  /** To read the remote of the run's source with. */
  readonly credential: () => Promise<Credential | Refused>;
  /** For a worker that got none from whoever started it. Throws `LogGone` where the two are of different versions. */
  readonly settings: (worker: string) => Promise<WorkSettings>;
}

/**
 * The control plane as a worker sees it: over tRPC and HTTP, with the token of one activation.
 *
 * A worker may have been deployed long before or after its control plane. Where they do not understand one another, the
 * run fails on record, as the fault of the infrastructure and with what to do, rather than being lost again and again.
 */
export const connect = (ticket: Ticket, stopped: AbortSignal): ControlClient => {
  const headers = { authorization: `Bearer ${ticket.token}` };
  const client = createTRPCClient<ApiRouter>({ links: [httpLink({ url: `${ticket.url}/trpc`, headers })] });
  const { run, activation } = ticket;
  const hold = new Hold();
  const signal = AbortSignal.any([stopped, hold.lapsed]);
  let batch = 0;
  let fence: number | null = null;

  /**
   * Asks until there is an answer: no answer says nothing about whether it was done, so what is asked must be repeatable. Each
   * try has an end of its own, for a connection may be open and nobody at its other end; without a lease patience ends
   * too, and with one it ends with the lease.
   */
  const insist = async <Answer>(question: (attempt: Attempt) => Promise<Answer>): Promise<Answer> => {
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
          throw new LogGone(
            `the control plane at ${ticket.url} has not answered for ${Math.round(patienceMs / 1000)} s`,
            { cause: error },
          );
        await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  };

  const failRun = async (problem: string, cause: unknown): Promise<never> => {
    const message = `The worker and the control plane are of different versions: ${problem} Deploy the task again from the version that the control plane has (longhaul deploy), then delegate again.`;
    if (fence !== null) {
      batch += 1;
      const events: WorkerEvent[] = [
        { type: 'activation.ended', v: 1, until: null },
        { type: 'run.failed', v: 1, class: 'infrastructure', message },
      ];
      // After the last event there can be: what is new need not be told to one that cannot read it.
      const input = { run, activation, fence, after: Number.MAX_SAFE_INTEGER, batch, events };
      await insist(({ within }) => client.worker.append.mutate(input, { signal: within() }));
    }
    throw new LogGone(message, { cause });
  };

  /** Asks, and reads the answer; where either side is at a loss for the other's words, that is the end of the run. */
  const converse = async <Answer>(question: (attempt: Attempt) => Promise<Answer>): Promise<Answer> => {
    try {
      return await insist(question);
    } catch (error) {
      const problem = misunderstanding(error);
      if (problem === null) throw error;
      return failRun(problem, error);
    }
  };

  const lease: Log['lease'] = (input) =>
    converse(async ({ sent, within }) => {
      const answer = await client.worker.lease.mutate(input, { signal: within() });
      if (answer.outcome === 'refused') return answer;
      hold.begin(sent, answer.leaseMs);
      fence = answer.fence;
      return { ...answer, events: parsed(answer.events) };
    });

  /** What the control plane takes from the run's worker renews its lease. */
  const renew = (ask: (signal: AbortSignal) => Promise<Held | Refused>): Promise<Held | Refused> =>
    converse(async ({ sent, within }) => {
      const answer = await ask(within());
      if (answer.outcome === 'refused') return answer;
      hold.renewed(sent);
      return { ...answer, events: parsed(answer.events) };
    });

  const log: Log = {
    lease,
    append: ({ fence, after, events }) => {
      batch += 1;
      const input = { run, activation, fence, after, batch, events: [...events] };
      return renew((signal) => client.worker.append.mutate(input, { signal }));
    },
    heartbeat: ({ fence, after }) =>
      renew((signal) => client.worker.heartbeat.mutate({ run, activation, fence, after }, { signal })),
  };

  const settings = async (worker: string): Promise<WorkSettings> => {
    try {
      const answer = await insist(({ within }) =>
        client.worker.settings.query({ run, activation }, { signal: within() }),
      );
      if (answer.contract === contract) return WorkSettings.parse(answer);
      throw new DifferentContract(`theirs is contract ${answer.contract}, this worker's ${contract}.`);
    } catch (error) {
      const problem = misunderstanding(error);
      if (problem === null) throw error;
      // Only who holds the run may say that it failed.
      const leased = await lease({ run, activation, worker });
      if (leased.outcome === 'refused') throw new LogGone(leased.refusal.message, { cause: error });
      return failRun(problem, error);
    }
  };

  const credential = (): Promise<Credential | Refused> =>
    insist(({ within }) => client.worker.credential.mutate({ run, activation }, { signal: within() }));

  const put = (body: Blob, query: string): Promise<BlobHash> =>
    insist(async ({ within }) => {
      const response = await fetch(`${ticket.url}/blobs${query}`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body,
        signal: within(body.size),
      });
      if (response.status >= 500) throw new TypeError(`the control plane answered ${response.status} to a blob`);
      if (!response.ok)
        throw new Error(
          `the control plane refused a blob of ${body.size} bytes: ${response.status} ${await response.text()}`,
        );
      return Stored.parse(await response.json()).hash;
    });

  const blobs: Blobs = {
    put: (content) => put(new Blob([new Uint8Array(content)]), ''),
    putFile: async (file, use) => put(await openAsBlob(file), `?use=${use}`),
    get: (hash, file) =>
      insist(async () => {
        using silence = new Silence(hold.requestMs);
        const limits = AbortSignal.any([signal, silence.signal]);
        const response = await fetch(`${ticket.url}/blobs/${hash}`, { headers, signal: limits });
        if (response.status >= 500) throw new TypeError(`the control plane answered ${response.status} to a blob`);
        if (!response.ok || response.body === null)
          throw new BlobMissing(`The control plane has no blob ${hash} for this run (${response.status}).`);
        const content = Readable.fromWeb(response.body);
        content.on('data', () => silence.broken());
        await pipeline(content, checked(hash), createWriteStream(file, { mode: 0o600 }));
      }),
  };
  return { log, hold, blobs, credential, settings };
};

/** One try at a question: when it was sent, and the signal that ends it, which leaves time for so many bytes to be sent as well. */
interface Attempt {
  readonly sent: number;
  readonly within: (bytes?: number) => AbortSignal;
}

/** Fires when nothing came for so long: what comes may be of any length. */
class Silence implements Disposable {
  readonly #limit = new AbortController();
  readonly #timer: NodeJS.Timeout;
  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#limit.abort(new DOMException('nothing came', 'TimeoutError')), ms);
  }
  get signal(): AbortSignal {
    return this.#limit.signal;
  }
  broken(): void {
    this.#timer.refresh();
  }
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Passes a blob on, and fails at its end if it is not what its name says. A download that was cut off is worth another. */
const checked = (hash: string): Transform => {
  const digest = createHash('sha256');
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      digest.update(chunk);
      done(null, chunk);
    },
    flush: (done) => {
      done(digest.digest('hex') === hash ? null : new TypeError(`what came as blob ${hash} is another content`));
    },
  });
};

class DifferentContract extends Error {}

const Stored = z.object({ hash: BlobHash });

const parsed = (events: readonly unknown[]): readonly RunEvent[] => events.map((event) => RunEvent.parse(event));

/** Says what one side did not understand of the other; null: it was something else. What was said is not repeated: it may be code. */
const misunderstanding = (error: unknown): string | null => {
  if (error instanceof DifferentContract) return error.message;
  if (error instanceof z.ZodError)
    return `this worker cannot read what it was told (${error.issues
      .slice(0, 3)
      .map(({ path, code }) => `${path.join('.')}: ${code}`)
      .join(', ')}).`;
  if (!(error instanceof TRPCClientError)) return null;
  const { code, path } = (error.data ?? {}) as { code?: string; path?: string }; // safe: tRPC's own error data, each field checked
  switch (code) {
    case 'BAD_REQUEST':
      return `the control plane does not understand ${path ?? 'what it was asked'}.`;
    case 'NOT_FOUND':
    case 'METHOD_NOT_SUPPORTED':
      return `the control plane has no ${path ?? 'procedure of that name'}.`;
    default:
      return null;
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
