import type { ServerResponse } from 'node:http';
import type { TRPCError } from '@trpc/server';
import {
  fastifyRequestHandler,
  fastifyTRPCPlugin,
  type CreateFastifyContextOptions,
} from '@trpc/server/adapters/fastify';
import { fastify, LogController, type FastifyError } from 'fastify';
import type { Logger } from 'pino';
import { apiRouter, RefusedError, type ApiContext } from '../../../shared/api/router.ts';
import type { Principal, RunnerApi } from '../../../shared/api/runner-api.ts';
import type { WorkerApi } from '../../../shared/api/worker-api.ts';
import type { Presence } from '../supervisor/idle.ts';
import type { Store } from '../store/store.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Arrivals } from '../triggers/arrivals.ts';
import type { Authenticate } from './authentication.ts';
import { blobRoutes } from './blobs.ts';
import { answerTo, errorBodyAt, unauthorized } from './errors.ts';
import { asEventStream } from './event-stream.ts';
import { feedRoute, type Feed } from './feed.ts';
import { guard, type GuardOptions } from './guard.ts';
import { plainRoutes } from './plain-api.ts';
import { hasBody, holdToPace, usualReceiving, type Receiving } from './receiving.ts';
import { explainer } from './typed-errors.ts';
import { webhookRoutes } from './webhooks.ts';
import { answer } from './answer.ts';
import type { Answered, Asked } from '../../machine/processes/child-protocol.ts';

export interface ServerOptions {
  readonly runner: RunnerApi;
  readonly worker: WorkerApi;
  readonly feed: Feed;
  /** Told where a token came from that nobody knows. */
  readonly refused: (from: string) => void;
  readonly authenticate: Authenticate;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly guard: GuardOptions;
  readonly presence: Presence;
  /** Base URL at which it is reached, no slash at the end; null: on its own machine alone. */
  readonly publicUrl: string | null;
  /** What servers elsewhere tell; null: nobody may tell anything. */
  readonly arrivals: Arrivals | null;
  /** Is all begun that may fail to? Until then it is not healthy, though it answers. */
  readonly ready: () => boolean;
  /** Fires when the runner stops. */
  readonly closing: AbortSignal;
  readonly maxBodyBytes: number;
  readonly maxBlobBytes: number;
  readonly maxUploadedBytes: number;
  readonly log: Logger;
  /** How long requests may take to arrive; default: what a slow line needs. */
  readonly receiving?: Receiving;
}

interface Finished {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

/** Calls in one request: more than any client of ours sends, and few enough that one request cannot hold all up. */
const maxBatch = 500;
/** What is being asked when the runner stops is answered; an upload that takes longer is begun again later. */
const closeMs = 3_000;

const health = '/healthz';

export interface Server {
  /** Returns the port it listens on. Rejects with the system's error. */
  listen(at: { readonly host: string; readonly port: number }): Promise<number>;
  /** Answers a question that did not come over HTTP, as if it had come there with the caller's token. Never rejects. */
  answer(asked: Asked, caller: Principal | null): Promise<Answered['answer']>;
  /** Answers what was asked, cuts the event streams, and takes nothing more. */
  close(): Promise<void>;
}

const fastifyFor = ({ log, maxBodyBytes }: ServerOptions, limits: Receiving) =>
  fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    // A request's head comes at once or not at all. How long a body may take, and whose, `receiving` says.
    http: { headersTimeout: limits.headMs, requestTimeout: 0, connectionsCheckingInterval: limits.headMs / 4 },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 20_000 },
    // A path that is none has no route, and so no handler of errors.
    frameworkErrors: (_, { url }, { raw }) => {
      const body = errorBodyAt(url, { status: 400, code: 'BAD_REQUEST', message: 'This is no path.' });
      raw.writeHead(400, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    },
  });
type Http = ReturnType<typeof fastifyFor>;

/** Tells of tokens that nobody knows, however they were turned away. */
const tellRefused = (http: Http, { refused }: Pick<ServerOptions, 'refused'>): void => {
  http.addHook('onResponse', async ({ headers, ip }, { statusCode }) => {
    if (statusCode === 401 && headers.authorization !== undefined) refused(ip);
  });
};

/** Turns away what must not come in, before anything of it is looked at. */
const guardRequests = (http: Http, options: ServerOptions, limits: Receiving): void => {
  http.addHook('onRequest', async (request, reply) => {
    const no = guard(options.guard, request.headers);
    if (no !== null) return reply.code(no.status).send(errorBodyAt(request.url, no));
    if (request.routeOptions.url !== health) reply.raw.once('close', options.presence.came());
    // Before a byte of a body is read: nobody whom we do not know makes us keep one.
    if (hasBody(request.raw)) {
      const isSigned = request.routeOptions.config.signedBytes !== undefined;
      if (!isSigned && options.authenticate(request.headers.authorization) === null)
        return reply.code(401).header('connection', 'close').send(errorBodyAt(request.url, unauthorized));
      holdToPace(request.raw, limits);
    }
  });
};

const requestLog =
  (log: Logger) =>
  ({ status, ms, ...request }: Finished): void => {
    const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
    log[level]({ ...request, status, ms: Math.round(ms) }, 'request');
  };

/** Logs what was asked, and answers what no route does. */
const concludeRequests = (http: Http, { log, maxBodyBytes }: ServerOptions): void => {
  const logRequest = requestLog(log);
  http.addHook('onResponse', async (request, reply) => {
    // Only the path: a query may hold what a log should not.
    const path = request.url.split('?', 1)[0] ?? '';
    logRequest({ method: request.method, path, status: reply.statusCode, ms: reply.elapsedTime });
  });
  http.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const no = answerTo(error, maxBodyBytes);
    if (no.status >= 500) log.error({ err: error, path: request.routeOptions.url }, 'a request failed');
    return reply.code(no.status).send(errorBodyAt(request.url, no));
  });
  http.setNotFoundHandler(async ({ url }, reply) =>
    reply.code(404).send(errorBodyAt(url, { status: 404, code: 'NOT_FOUND', message: 'There is nothing here.' })),
  );
};

/** The control plane over HTTP: tRPC at /trpc, plain JSON at /api, blobs at /blobs, webhooks at /webhooks, a sign of life at /healthz. Does not listen yet. */
export const createServer = (options: ServerOptions): Server => {
  const { log, authenticate, receiving = usualReceiving } = options;
  const http = fastifyFor(options, receiving);
  const logRequest = requestLog(log);
  const streams = new Set<ServerResponse>();

  guardRequests(http, options, receiving);

  tellRefused(http, options);
  http.addHook('onSend', async (_request, reply, payload) => {
    if (!(payload instanceof Response)) return payload;
    const told = asEventStream(payload);
    if (told !== payload) {
      streams.add(reply.raw);
      reply.raw.once('close', () => streams.delete(reply.raw));
    }
    return told;
  });
  concludeRequests(http, options);
  http.get(health, async (_request, reply) =>
    options.ready() ? { ok: true } : reply.code(503).send({ ok: false, reason: 'it is starting' }),
  );

  void http.register(async (scope) => {
    blobRoutes(scope, options);
  });
  const { arrivals } = options;
  if (arrivals !== null) void http.register(async (scope) => webhookRoutes(scope, arrivals));
  const { runner, worker } = options;
  const explain = explainer(options.closing);
  const context = (header: string | undefined): ApiContext => ({
    caller: authenticate(header),
    runner,
    worker,
    explain,
  });
  const trpcOptions = {
    router: apiRouter,
    maxBatchSize: maxBatch,
    createContext: ({ req }: CreateFastifyContextOptions): ApiContext => context(req.headers.authorization),
    onError: ({ error, path }: { readonly error: TRPCError; readonly path: string | undefined }) => {
      if (error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof RefusedError))
        log.error({ err: error.cause ?? error, path }, 'a procedure failed');
    },
  };
  const { onError } = trpcOptions;
  void http.register(async (scope) => plainRoutes(scope, { ...options, context, onError }));
  void http.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions });
  http.get(
    '/trpc/runs.feed',
    feedRoute({
      pages: options.feed.pages,
      callerOf: authenticate,
      streams,
      otherwise: (req, res) => fastifyRequestHandler({ ...trpcOptions, req, res, path: 'runs.feed' }),
    }),
  );

  return {
    answer: async (asked, caller) => {
      const began = performance.now();
      const given = await answer(asked, { ctx: { caller, runner, worker, explain }, onError: trpcOptions.onError });
      const status = 'error' in given ? given.error.data.httpStatus : 200;
      logRequest({ method: 'channel', path: `/trpc/${asked.path}`, status, ms: performance.now() - began });
      return given;
    },
    listen: async (at) => {
      const url = await http.listen(at);
      return Number(new URL(url).port);
    },
    close: async () => {
      // Cut, not ended: a stream that ends in good order tells its reader that nothing more will come, ever.
      for (const stream of streams) stream.destroy();
      const impatience = setTimeout(() => http.server.closeAllConnections(), closeMs);
      await http.close();
      clearTimeout(impatience);
    },
  };
};
