import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import type { ApiClient, ApiError, parsePacket, TriggerTaskRequestBody } from '@trigger.dev/core/v3';
import type { Logger } from 'pino';
import { errorMessage } from '../../../shared/trouble.ts';
import { NextTicket, runTask, waiterOf } from '../protocol.ts';
import type { TaskRun } from './fate.ts';
import { askAsTask, refusalOf } from './refusal.ts';
import { deepest, insist, wordsOf, type Trouble } from './insist.ts';

/** On every run that Longhaul triggers: what is watched. */
const ourTag = 'longhaul';

export type TriggerOptions = NonNullable<TriggerTaskRequestBody['options']>;

export interface Token {
  readonly id: string;
  /** It was made before, under the same key. */
  readonly known: boolean;
}

export interface TokenState {
  readonly status: 'waiting' | 'completed' | 'timed out';
  /** The task run that waits for it, or did. */
  readonly waiter: string | null;
  /** What it was completed with. */
  readonly next: NextTicket | null;
}

export interface Watching {
  readonly learn: (run: TaskRun) => void;
  /** Called with each answer, also with one that tells of nothing: the stream is alive. */
  readonly onAnswer: () => void;
}

export interface ApiOptions {
  readonly client: ApiClient;
  /** Trigger.dev's own: objects travel as SuperJSON. */
  readonly parsePacket: typeof parsePacket;
  readonly log: Logger;
  /** Ends what is being asked again. */
  readonly signal: AbortSignal;
  /** Id of the task to trigger, where it is not the worker's. */
  readonly task?: string;
}

/** Changes are looked back for so long when the watch begins; what is older is polled. */
const watchedPeriod = '1d';
/** A token that nobody waits for need not stay. */
const unclaimedTokenMs = 3_600_000;

/**
 * Trigger.dev's API as the engine uses it. Each request is repeated on 5xx, 429 and silence, and says so in the log; none of
 * them does anything twice. They throw when that was to no avail, and for what is wrong with the request itself.
 */
export const triggerApi = ({ client, parsePacket, log, signal, task = runTask }: ApiOptions) => {
  const listeners: ((words: string, retryAt: number) => void)[] = [];
  const onTrouble = (words: string, retryAt: number): void => {
    for (const listener of listeners) listener(words, retryAt);
  };
  const ask = <Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> =>
    insist(what, question, { log, signal, troubleOf, onTrouble });
  /** Null: there is none. */
  const taskRun = async (id: string): Promise<TaskRun | null> => {
    try {
      return taskRunOf(await ask('a task run', async () => client.retrieveRun(id)));
    } catch (error) {
      if (troubleOf(error)?.status === 404) return null;
      throw error;
    }
  };
  return {
    taskRun,
    /**
     * Returns the id of the task run: the same one for the same idempotency key, unless that run failed. Throws EngineRefusal for
     * what asking again would not mend.
     */
    trigger: async (payload: object, options: TriggerOptions): Promise<string> => {
      const body = {
        // As it is: Trigger.dev encodes it, a text once more.
        payload,
        options: { ...options, payloadType: 'application/json', tags: [ourTag, ...tagsOf(options)] },
      };
      const version = options.lockToVersion ?? null;
      const refusal = async (error: unknown): Promise<Error | null> =>
        refusalOf(troubleOf(error)?.status ?? null, {
          words: errorMessage(error),
          version,
          askWhy: () => askAsTask(client, { task, body }),
        });
      const send = () => client.triggerTask(task, body);
      try {
        return (await insist('a dispatch', send, { log, signal, troubleOf, onTrouble, refusal })).id;
      } catch (error) {
        const trouble = troubleOf(error);
        throw trouble === null ? error : new Error(wordsOf(error, trouble), { cause: error });
      }
    },
    /** The run with this tag that was triggered last. A list may be some seconds behind. */
    newest: async (tag: string): Promise<TaskRun | null> => {
      const { data } = await ask('the task runs of a tag', async () => client.listRuns({ tag, limit: 1 }));
      return data[0] === undefined ? null : taskRun(data[0].id);
    },
    /** One that is over stays as it ended. */
    cancel: async (id: string): Promise<void> => {
      await ask('a cancellation', async () => client.cancelRun(id)).catch((error: unknown) => {
        const status = troubleOf(error)?.status ?? null;
        if (status === null || status >= 500) throw error;
      });
    },
    /** Tells of each change to a run of ours, as it happens. Ends, with an error or without, when it cannot. */
    watch: (watching: Watching, stopped: AbortSignal): Promise<void> => watch(client, watching, stopped),
    /** Called when a request got no answer, or "later", and is made again: what it said, and when (ms since the epoch). */
    onTrouble: (listener: (words: string, retryAt: number) => void): void => void listeners.push(listener),
    token: async (idempotencyKey: string): Promise<Token> => {
      const timeout = new Date(Date.now() + unclaimedTokenMs);
      const token = await ask('a token', async () => client.createWaitpointToken({ idempotencyKey, timeout }));
      return { id: token.id, known: token.isCached };
    },
    readToken: async (id: string): Promise<TokenState> => {
      const token = await ask('a token', async () => client.retrieveWaitpointToken(id));
      return {
        status: tokenStatus[token.status],
        waiter: waiterOf(token.tags),
        next: token.status === 'COMPLETED' ? await nextIn(token, parsePacket) : null,
      };
    },
    /** A token that is completed or timed out stays as it is. */
    completeToken: async (id: string, next: NextTicket): Promise<void> => {
      await ask('the completion of a token', async () => client.completeWaitpointToken(id, { data: next }));
    },
  };
};

export type TriggerApi = ReturnType<typeof triggerApi>;

const nextIn = async (
  { output, outputType }: { output?: string | undefined; outputType?: string | undefined },
  parsePacket: ApiOptions['parsePacket'],
): Promise<NextTicket | null> => {
  const data = output === undefined ? {} : { data: output };
  const given: unknown = await parsePacket({ ...data, dataType: outputType ?? 'application/json' });
  return NextTicket.safeParse(given).data ?? null;
};

const tokenStatus = { WAITING: 'waiting', COMPLETED: 'completed', TIMED_OUT: 'timed out' } as const;

const tagsOf = ({ tags }: TriggerOptions): readonly string[] => (typeof tags === 'string' ? [tags] : (tags ?? []));

const taskRunOf = (run: Awaited<ReturnType<ApiClient['retrieveRun']>>): TaskRun => ({
  id: run.id,
  status: run.status,
  output: run.output,
  error: run.error?.message ?? null,
});

/** Trigger.dev ends a request that has no news after some 20 s. */
const silenceMs = 60_000;

/**
 * The client's stream repeats by itself, for ever and without a word, what is answered with 5xx and what gets no answer. What it
 * asks is looked at on its way, so that this is an end here, as it is when its callback tells that it was refused.
 */
const watch = async (client: ApiClient, { learn, onAnswer }: Watching, stopped: AbortSignal): Promise<void> => {
  const { promise: refused, reject } = Promise.withResolvers<never>();
  const end = new AbortController();
  const fetchClient: typeof fetch = async (input, init) => {
    const late = setTimeout(
      () => reject(new Error(`Trigger.dev’s realtime has not answered for ${silenceMs / 1000} s`)),
      silenceMs,
    ).unref();
    try {
      const answer = await straightFetch(input, init);
      if (answer.status >= 500 || answer.status === 429)
        reject(new Error(`Trigger.dev’s realtime answers ${answer.status}`));
      else if (answer.ok) onAnswer();
      return answer;
    } catch (error) {
      // The client breaks off requests of its own accord, too.
      if (init?.signal?.aborted !== true)
        reject(new Error(`Trigger.dev’s realtime does not answer: ${deepest(error)}`, { cause: error }));
      throw error;
    } finally {
      clearTimeout(late);
    }
  };
  const subscription = client.subscribeToRunsWithTag(
    ourTag,
    { createdAt: watchedPeriod, skipColumns: ['payload', 'metadata'] },
    { signal: AbortSignal.any([stopped, end.signal]), onFetchError: reject, fetchClient },
  );
  const follow = async (): Promise<void> => {
    for await (const run of subscription)
      learn({ id: run.id, status: run.status, output: run.output, error: run.error?.message ?? null });
  };
  try {
    await Promise.race([follow(), refused]);
  } finally {
    end.abort();
  }
};

/** By their shape: there may be two copies of the package. @internal */
export const troubleOf = (error: unknown): Trouble | null => {
  if (!(error instanceof Error) || !('status' in error) || !('headers' in error)) return null;
  const { status, headers } = error as ApiError; // safe: the two fields that are read are there
  const after = Number(headers?.['retry-after'] ?? NaN) * 1000;
  // Ms since the epoch. It is on every answer, and matters where the limit was reached.
  const reset = status === 429 ? Number(headers?.['x-ratelimit-reset'] ?? NaN) - Date.now() : NaN;
  const retryAfter = [after, reset].find((ms) => ms > 0) ?? null;
  return { status: status ?? null, retryAfter };
};
