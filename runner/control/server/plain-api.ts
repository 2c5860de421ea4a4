import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { apiRouter, RefusedError, type ApiContext } from '../../../shared/api/router.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import {
  delegationOf,
  IdempotencyKey,
  PlainDelegation,
  plainRun,
  standsStill,
  WaitSeconds,
} from '../../../shared/api/plain.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { issueText } from '../../../shared/tool/issues.ts';
import { answerTo, internal, plainErrorBody, type ErrorAnswer } from './errors.ts';
import type { Feed } from './feed.ts';

export interface PlainRoutes {
  readonly context: (header: string | undefined) => ApiContext;
  readonly onError: (failed: { readonly error: TRPCError; readonly path: string }) => void;
  readonly feed: Pick<Feed, 'pages'>;
  /** Where this runner is reached; null: on its own machine alone. */
  readonly publicUrl: string | null;
  readonly maxBodyBytes: number;
}

/** A goal and all inputs, at their longest, fit. */
const mostBytes = 2 * 2 ** 20;
/** That wait at once for one caller: each holds a connection. */
const mostWaits = 50;

/**
 * For scripts and other systems, with JSON and a bearer token: `POST /api/delegate` begins a run, `GET /api/runs/<id>` tells how it stands, with `?wait=60` once it is over, needs a person,
 * or so many seconds have passed. Each asks the procedure that every client asks: the same roles, tenants and checks hold.
 */
export const plainRoutes = (server: FastifyInstance, routes: PlainRoutes): void => {
  const { context, feed, publicUrl, onError } = routes;
  const bodyLimit = Math.min(mostBytes, routes.maxBodyBytes);
  // Only what says that it is JSON is read as such: a form of a web page can say text/plain.
  server.removeContentTypeParser('text/plain');
  server.setErrorHandler<FastifyError>(async (error, request, reply) => {
    if (!(error instanceof TRPCError)) {
      const no = answerTo(error, bodyLimit);
      if (no.status >= 500) throw error;
      return refuse(reply, no);
    }
    onError({ error, path: request.routeOptions.url ?? '' });
    return refuse(reply, noOf(error));
  });
  const waits = openWaits();

  server.post('/api/delegate', { bodyLimit }, async (request, reply) => {
    const body = parsed('the body', PlainDelegation, request.body);
    const input = delegationOf(body, keyOf(request.headers['idempotency-key'], body.idempotencyKey));
    const run = await apiRouter.createCaller(context(request.headers.authorization)).runs.delegate(input);
    const path = `/api/runs/${run.id}`;
    const url = publicUrl === null ? null : `${publicUrl}${path}`;
    return reply.code(202).header('location', path).send({ run: run.id, number: run.number, status: run.status, url });
  });

  server.get<{ Params: { run: string }; Querystring: { wait?: unknown } }>('/api/runs/:run', async (request, reply) => {
    const ctx = context(request.headers.authorization);
    const get = () => apiRouter.createCaller(ctx).runs.get({ run: request.params.run });
    const state = await get();
    const seconds = parsed('wait', WaitSeconds, request.query.wait);
    const { caller } = ctx;
    if (seconds === 0 || standsStill(state) || caller === null) return plainRun(state);
    using waiting = waits.begin(caller);
    if (waiting === null) return refuse(reply.header('retry-after', 5), tooMany);
    await stillness(feed, caller, { run: state.id, seconds, reply, get });
    return plainRun(await get());
  });
};

/** Throws TRPCError. */
const parsed = <Schema extends z.ZodType>(what: string, schema: Schema, value: unknown): z.output<Schema> => {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  throw new TRPCError({ code: 'BAD_REQUEST', message: `${issueText(error, what)}.` });
};

/** Nothing of a bug but that there was one. */
const noOf = (error: TRPCError): ErrorAnswer => {
  const { code, cause } = error;
  const status = getHTTPStatusCodeFromError(error);
  if (cause instanceof RefusedError)
    // That somebody has to agree first is a conflict like others.
    return { status: cause.refusal.code === 'untrusted' ? 409 : status, code, message: '', refusal: cause.refusal };
  if (cause instanceof z.ZodError) return { status, code, message: `${issueText(cause, 'the request')}.` };
  if (code === 'INTERNAL_SERVER_ERROR') return { status, code, message: internal };
  return { status, code, message: error.message };
};

/** How many wait for each caller. */
const openWaits = () => {
  const counts = new Map<string, number>();
  return {
    /** Ends with its disposal. Null: too many do. */
    begin: (caller: Principal): Disposable | null => {
      const who = JSON.stringify(caller);
      const before = counts.get(who) ?? 0;
      if (before >= mostWaits) return null;
      counts.set(who, before + 1);
      return {
        [Symbol.dispose]: () => {
          const left = (counts.get(who) ?? 1) - 1;
          if (left === 0) counts.delete(who);
          else counts.set(who, left);
        },
      };
    },
  };
};

const tooMany: ErrorAnswer = {
  status: 429,
  code: 'TOO_MANY_REQUESTS',
  message: `${mostWaits} requests of yours wait for runs already. Ask without wait, or later.`,
};

const refuse = (reply: FastifyReply, no: ErrorAnswer) => reply.code(no.status).send(plainErrorBody(no));

/** The key of a request, said once or twice alike; null: none. Throws TRPCError. */
const keyOf = (header: string | string[] | undefined, said: string | undefined): string | null => {
  if (header === undefined) return said ?? null;
  const key = parsed('Idempotency-Key', IdempotencyKey, header);
  if (said === undefined || said === key) return key;
  const message = 'idempotencyKey and the header Idempotency-Key are not the same: send one.';
  throw new TRPCError({ code: 'BAD_REQUEST', message });
};

interface Waiting {
  readonly run: string;
  readonly seconds: number;
  readonly reply: FastifyReply;
  readonly get: () => Promise<RunState>;
}

/** Resolves once the run stands still, the time is up, whoever asked is gone, or the runner stops. */
const stillness = async (
  feed: Pick<Feed, 'pages'>,
  caller: Principal,
  { run, seconds, reply, get }: Waiting,
): Promise<void> => {
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const until = AbortSignal.any([left.signal, AbortSignal.timeout(seconds * 1000)]);
  const input = { run, after: null, lastEventId: null };
  try {
    // The first page comes at once: what happens after it, the next one has.
    for await (const _ of feed.pages(caller, input, until)) {
      if (standsStill(await get())) return;
    }
  } catch (error) {
    if (!(error instanceof Error) || !['AbortError', 'TimeoutError'].includes(error.name)) throw error;
  }
};
