import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { BlobHash } from '../../../shared/run/artifacts.ts';
import { isFullDisk } from '../../git/full-disk.ts';
import { StoreError, type Store } from '../store/store.ts';
import type { BlobFolder } from '../usecases/blob-folder.ts';
import { errorBody, type ErrorAnswer } from './errors.ts';
import { diskIsFull } from './typed-errors.ts';

export interface BlobRoutes {
  readonly store: Store;
  readonly blobs: BlobFolder;
  readonly maxBytes: number;
  readonly principalOf: (header: string | undefined) => Principal | null;
}

const answer = (reply: FastifyReply, error: ErrorAnswer) => reply.code(error.status).send(errorBody(error));
const unauthorized: ErrorAnswer = { status: 401, code: 'UNAUTHORIZED', message: 'A bearer token is needed.' };
const unknown: ErrorAnswer = { status: 404, code: 'NOT_FOUND', message: 'There is no such blob for this caller.' };

/**
 * `PUT /blobs`: a worker stores content for its run while it holds it; the answer is `{hash, bytes}`.
 * `GET /blobs/<hash>`: a worker reads what its run stored; a person adds `?run=<id>` and reads what a run of their tenant did.
 */
export const blobRoutes = (server: FastifyInstance, { store, blobs, maxBytes, principalOf }: BlobRoutes): void => {
  // The body stays a stream, whatever it is said to be: it goes to the disk as it comes, and its limit is counted there.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  server.put('/blobs', { bodyLimit: maxBytes }, async (request, reply) => {
    const caller = principalOf(request.headers.authorization);
    if (caller === null) return answer(reply, unauthorized);
    if (caller.kind !== 'worker')
      return answer(reply, { status: 403, code: 'FORBIDDEN', message: 'Blobs are stored by workers alone.' });
    const state = await store.state(caller.run);
    if (state?.status !== 'working' || state.activation !== caller.activation)
      return answer(reply, {
        status: 409,
        code: 'CONFLICT',
        message: `Activation ${caller.activation} does not hold run ${caller.run}.`,
      });
    try {
      const stored = await blobs.put(request.raw, maxBytes);
      if (stored.outcome === 'too_large')
        return await answer(reply.header('connection', 'close'), {
          status: 413,
          code: 'PAYLOAD_TOO_LARGE',
          message: `A blob may have up to ${maxBytes} bytes.`,
        });
      await store.linkBlob(caller.run, stored.hash, stored.bytes);
      return await reply.code(201).send({ hash: stored.hash, bytes: stored.bytes });
    } catch (error) {
      const full = isFull(error);
      if (full === null) throw error;
      return answer(reply, { status: 507, code: 'SERVICE_UNAVAILABLE', message: full });
    }
  });

  server.get<{ Params: { hash: string }; Querystring: { run?: unknown } }>('/blobs/:hash', async (request, reply) => {
    const caller = principalOf(request.headers.authorization);
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
      .send(blobs.stream(hash.data));
  });
};

const isFull = (error: unknown): string | null => {
  if (error instanceof StoreError && error.code === 'full') return `${error.message} ${error.remedy}`;
  return isFullDisk(error) ? diskIsFull : null;
};
