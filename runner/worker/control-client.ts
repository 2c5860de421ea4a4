import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import { z } from 'zod';
import type { ApiRouter } from '../../shared/api/router.ts';
import { contract, WorkSettings, type Credential, type Refused, type Ticket } from '../../shared/api/worker-api.ts';
import { BlobHash } from '../../shared/run/artifacts.ts';
import { RunEvent, type WorkerEvent } from '../../shared/run/events.ts';
import { BlobMissing, LogGone, type Blobs, type Log } from './ports.ts';

/** How long a control plane may be out of reach before its first answer; after that, the lease says how long. */
const patienceMs = 15_000;
const firstPauseMs = 20;
const longestPauseMs = 1_000;

export interface ControlClient {
  readonly log: Log;
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
export const connect = (ticket: Ticket, signal: AbortSignal): ControlClient => {
  const headers = { authorization: `Bearer ${ticket.token}` };
  const client = createTRPCClient<ApiRouter>({ links: [httpLink({ url: `${ticket.url}/trpc`, headers })] });
  const { run, activation } = ticket;
  let patience = patienceMs;
  let batch = 0;
  let fence: number | null = null;

  /** Asks until there is an answer: no answer says nothing about whether it was done, so what is asked must be repeatable. */
  const insist = async <Answer>(question: () => Promise<Answer>): Promise<Answer> => {
    const deadline = performance.now() + patience;
    for (let wait = firstPauseMs; ; wait = Math.min(longestPauseMs, wait * 2)) {
      try {
        return await question();
      } catch (error) {
        signal.throwIfAborted();
        if (!unanswered(error)) throw error;
        if (performance.now() + wait > deadline)
          throw new LogGone(
            `the control plane at ${ticket.url} has not answered for ${Math.round(patience / 1000)} s`,
            { cause: error },
          );
        await pause(wait, undefined, { signal });
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
      await insist(() => client.worker.append.mutate(input, { signal }));
    }
    throw new LogGone(message, { cause });
  };

  /** Asks, and reads the answer; where either side is at a loss for the other's words, that is the end of the run. */
  const converse = async <Answer>(question: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await insist(question);
    } catch (error) {
      const problem = misunderstanding(error);
      if (problem === null) throw error;
      return failRun(problem, error);
    }
  };

  const lease: Log['lease'] = (input) =>
    converse(async () => {
      const answer = await client.worker.lease.mutate(input, { signal });
      if (answer.outcome === 'refused') return answer;
      patience = answer.leaseMs;
      fence = answer.fence;
      return { ...answer, events: parsed(answer.events) };
    });

  const log: Log = {
    lease,
    append: ({ fence, after, events }) => {
      batch += 1;
      const input = { run, activation, fence, after, batch, events: [...events] };
      return converse(async () => {
        const answer = await client.worker.append.mutate(input, { signal });
        return answer.outcome === 'refused' ? answer : { ...answer, events: parsed(answer.events) };
      });
    },
    heartbeat: ({ fence, after }) =>
      converse(async () => {
        const answer = await client.worker.heartbeat.mutate({ run, activation, fence, after }, { signal });
        return answer.outcome === 'refused' ? answer : { ...answer, events: parsed(answer.events) };
      }),
  };

  const settings = async (worker: string): Promise<WorkSettings> => {
    try {
      const answer = await insist(() => client.worker.settings.query({ run, activation }, { signal }));
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
    insist(() => client.worker.credential.mutate({ run, activation }, { signal }));

  const put = (body: Blob, query: string): Promise<BlobHash> =>
    insist(async () => {
      const response = await fetch(`${ticket.url}/blobs${query}`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body,
        signal,
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
        const response = await fetch(`${ticket.url}/blobs/${hash}`, { headers, signal });
        if (response.status >= 500) throw new TypeError(`the control plane answered ${response.status} to a blob`);
        if (!response.ok || response.body === null)
          throw new BlobMissing(`The control plane has no blob ${hash} for this run (${response.status}).`);
        await pipeline(Readable.fromWeb(response.body), checked(hash), createWriteStream(file, { mode: 0o600 }));
      }),
  };
  return { log, blobs, credential, settings };
};

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
  return error instanceof TypeError;
};
