import type { FastifyInstance, FastifyReply } from 'fastify';
import { includes, type Principal } from '../../../shared/api/runner-api.ts';
import { BlobHash } from '../../../shared/run/artifacts.ts';
import { isFullDisk } from '../../machine/git/full-disk.ts';
import { StoreError, type Store } from '../store/store.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Authenticate } from './authentication.ts';
import { errorBody, unauthorized, type ErrorAnswer } from './errors.ts';
import { messageOf } from './typed-errors.ts';

export interface BlobRoutes {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly maxBlobBytes: number;
  /** That a tenant may have uploaded without having delegated on it. */
  readonly maxUploadedBytes: number;
  readonly authenticate: Authenticate;
}

const answer = (reply: FastifyReply, error: ErrorAnswer) => reply.code(error.status).send(errorBody(error));
const unknown: ErrorAnswer = { status: 404, code: 'NOT_FOUND', message: 'There is no such blob for this caller.' };

/**
 * `PUT /blobs`: a worker stores content for its run while it holds it, with `?use=checkpoint` until the run is over; a
 * developer uploads a snapshot to delegate on. The answer is `{hash, bytes}`.
 * `GET /blobs/<hash>`: a worker reads what its run stored; a person adds `?run=<id>` and reads what a run of their tenant did.
 */
export const blobRoutes = (server: FastifyInstance, routes: BlobRoutes): void => {
  const { store, blobs, maxBlobBytes, authenticate } = routes;
  // The body stays a stream, whatever it is said to be: it goes to the disk as it comes, and its limit is counted there.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  server.put<{ Querystring: { use?: unknown } }>('/blobs', { bodyLimit: maxBlobBytes }, async (request, reply) => {
    const caller = authenticate(request.headers.authorization);
    if (caller === null) return answer(reply, unauthorized);
    const no = await refusal(routes, caller);
    if (no !== null) return answer(reply.header('connection', 'close'), no);
    try {
      const stored = await blobs.put(request.raw, maxBlobBytes);
      if (stored.outcome === 'too_large')
        return await answer(reply.header('connection', 'close'), {
          status: 413,
          code: 'PAYLOAD_TOO_LARGE',
          message: `A blob may have up to ${maxBlobBytes} bytes (server.maxBlobBytes).`,
        });
      const { hash, bytes } = stored;
      const use = request.query.use === 'checkpoint' ? 'checkpoint' : 'result';
      if (caller.kind === 'worker') await store.linkBlob(caller.run, { hash, bytes, use });
      else await store.recordUpload(caller.tenant, { hash, bytes });
      return await reply.code(201).send({ hash, bytes });
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === null) throw error;
      return answer(reply, trouble);
    }
  });

  server.get<{ Params: { hash: string }; Querystring: { run?: unknown } }>('/blobs/:hash', async (request, reply) => {
    const caller = authenticate(request.headers.authorization);
    if (caller === null) return answer(reply, unauthorized);
    const hash = BlobHash.safeParse(request.params.hash);
    const run = caller.kind === 'worker' ? caller.run : request.query.run;
    if (!hash.success || typeof run !== 'string') return answer(reply, unknown);
    const state = await store.state(run);
    const mayRead = state !== null && (caller.kind === 'worker' || state.task.tenant === caller.tenant);
    const bytes = mayRead && (await store.runHasBlob(run, hash.data)) ? await blobs.size(hash.data) : null;
    if (bytes === null) return answer(reply, unknown);
    return reply
      .header('content-type', 'application/octet-stream')
      .header('content-length', bytes)
      .header('cache-control', 'private, max-age=31536000, immutable')
      .header('x-content-type-options', 'nosniff')
      .send(await blobs.stream(hash.data));
  });
};

/** Why a caller may not store a blob now; null: go on. */
const refusal = async ({ store, maxUploadedBytes }: BlobRoutes, caller: Principal): Promise<ErrorAnswer | null> => {
  if (caller.kind === 'worker') {
    const state = await store.state(caller.run);
    if (state?.status === 'working' && state.activation === caller.activation) return null;
    const message = `Activation ${caller.activation} does not hold run ${caller.run}.`;
    return { status: 409, code: 'CONFLICT', message };
  }
  if (!includes(caller.role, 'developer'))
    return { status: 403, code: 'FORBIDDEN', message: 'This needs the role developer.' };
  if ((await store.uploadedBytes(caller.tenant)) < maxUploadedBytes) return null;
  const message = `More than ${maxUploadedBytes} bytes (server.maxUploadedBytes) were uploaded and not delegated on; they go within a day.`;
  return { status: 429, code: 'TOO_MANY_REQUESTS', message };
};

/** 5xx: a worker asks again, and what it did is not lost while it does. */
const troubleOf = (error: unknown): ErrorAnswer | null => {
  const message = messageOf(error);
  if (message === null) return null;
  const full = isFullDisk(error) || (error instanceof StoreError && error.code === 'full');
  return { status: full ? 507 : 503, code: 'SERVICE_UNAVAILABLE', message };
};
