import { createTRPCClient, httpLink, type TRPCClient, type TRPCLink } from '@trpc/client';
import type { ApiRouter } from '../../../shared/api/router.ts';
import {
  contract,
  WorkSettings,
  type Appended,
  type Credential,
  type CredentialOf,
  type Held,
  type Refused,
  type Ticket,
} from '../../../shared/api/worker-api.ts';
import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import { RunEvent, type WorkerEvent } from '../../../shared/run/events.ts';
import { Hold } from '../run/ports/hold.ts';
import { LogGone, type Blobs, type Log } from '../run/ports/ports.ts';
import { blobsOf } from './blobs.ts';
import { insistent, type Attempt, type Insist } from './insist.ts';
import { DifferentContract, misunderstanding } from './misunderstanding.ts';
import { told } from './told.ts';

export interface ControlClient {
  readonly log: Log;
  /** The lease that `log` takes and renews. */
  readonly hold: Hold;
  readonly blobs: Blobs;
  /** What the command that runs has printed so far; null: none runs. */
  readonly printed: (output: string | null) => void;
  /** To read the remote of the run's source with. */
  readonly credential: (of: CredentialOf) => Promise<Credential | Refused>;
  /** For a worker that got none from whoever started it. Throws `LogGone` where the two are of different versions. */
  readonly settings: (worker: string) => Promise<WorkSettings>;
}

/**
 * The control plane as a worker sees it: over tRPC and HTTP, with the token of one activation.
 *
 * A worker may have been deployed long before or after its control plane. Where they do not understand one another, the
 * run fails on record, as the fault of the infrastructure and with what to do, rather than being lost again and again.
 * `link`: how it is asked, if not over HTTP.
 */
export const connect = (ticket: Ticket, stopped: AbortSignal, link = overHttp(ticket)): ControlClient => {
  const { run, activation, url } = ticket;
  const client = createTRPCClient<ApiRouter>({ links: [link] });
  const hold = new Hold();
  const signal = AbortSignal.any([stopped, hold.lapsed]);
  const insist = insistent({ url, hold, signal });
  let order = 0;
  const { log, failRun } = logOver(client, ticket, { hold, insist });

  const settings = async (worker: string): Promise<WorkSettings> => {
    try {
      return understood(
        await insist(({ within }) => client.worker.settings.query({ run, activation }, { signal: within() })),
      );
    } catch (error) {
      const problem = misunderstanding(error);
      if (problem === null) throw error;
      // Only who holds the run may say that it failed.
      const leased = await log.lease({ run, activation, worker });
      if (leased.outcome === 'refused') throw new LogGone(leased.refusal.message, { cause: error });
      return failRun(problem, error);
    }
  };

  return {
    log,
    hold,
    settings,
    printed: (output) => {
      order += 1;
      // The next one says it all again.
      client.worker.printed.mutate({ run, activation, order, output }, { signal }).catch(() => {});
    },
    credential: (of) =>
      insist(({ within }) => client.worker.credential.mutate({ run, activation, of }, { signal: within() })),
    blobs: blobsOf(ticket, { insist, hold, signal }),
  };
};

/** `failRun` puts on record that the two do not understand one another, where the lease is this worker's, and throws `LogGone`. */
const logOver = (
  client: TRPCClient<ApiRouter>,
  { run, activation }: Ticket,
  { hold, insist }: { readonly hold: Hold; readonly insist: Insist },
) => {
  let batch = 0;
  let fence: number | null = null;

  const failRun = async (problem: string, cause: unknown): Promise<never> => {
    const message = differentVersions(problem);
    if (fence !== null) {
      batch += 1;
      // After the last event there can be: what is new need not be told to one that cannot read it.
      const input = { run, activation, fence, after: Number.MAX_SAFE_INTEGER, batch, events: failed(message) };
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

  /** What the control plane takes from the run's worker renews its lease. */
  const renew = (
    ask: (signal: AbortSignal) => Promise<Appended | Refused>,
    events: readonly WorkerEvent[] = [],
  ): Promise<Held | Refused> =>
    converse(async ({ sent, within }) => {
      const answer = await ask(within());
      if (answer.outcome === 'refused') return answer;
      hold.renewed(sent);
      return told(answer, { run, activation, events });
    });

  const log: Log = {
    lease: (input) =>
      converse(async ({ sent, within }) => {
        const answer = await client.worker.lease.mutate(input, { signal: within() });
        if (answer.outcome === 'refused') return answer;
        hold.begin(sent, answer.leaseMs);
        fence = answer.fence;
        return { ...answer, events: answer.events.map((event) => RunEvent.parse(event)) };
      }),
    append: (input) => {
      batch += 1;
      const sent = { run, activation, batch, brief: true, ...input, events: [...input.events] };
      return renew((signal) => client.worker.append.mutate(sent, { signal }), input.events);
    },
    heartbeat: (input) => renew((signal) => client.worker.heartbeat.mutate({ run, activation, ...input }, { signal })),
  };
  return { log, failRun };
};

const overHttp = ({ url, token }: Ticket): TRPCLink<ApiRouter> =>
  httpLink({ url: `${url}/trpc`, headers: { authorization: `Bearer ${token}` }, fetch: straightFetch });

const differentVersions = (problem: string): string =>
  `The worker and the control plane are of different versions: ${problem} Deploy the task again from the version that the control plane has (longhaul deploy), then delegate again.`;

const failed = (message: string): WorkerEvent[] => [
  { type: 'activation.ended', v: 2, until: null },
  { type: 'run.failed', v: 1, class: 'infrastructure', message },
];

const understood = (answer: WorkSettings): WorkSettings => {
  if (answer.contract === contract) return WorkSettings.parse(answer);
  throw new DifferentContract(`theirs is contract ${answer.contract}, this worker's ${contract}.`);
};
