import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Arrival, ArrivalAnswer, Arrivals } from '../triggers/arrivals.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What comes here is signed instead of sent with a token: it is not known whose it is before it has been read. */
    signed?: boolean;
  }
}

/** docs.github.com/webhooks: what GitHub sends has at most 25 MB. */
const mostFromGitHub = 25 * 2 ** 20;
/** What an alert or a script says is short, and the library that verifies it takes its time. */
const mostSigned = 2 ** 20;
/** Bytes that may be read at once of what nobody has verified yet. */
const mostUnverified = 64 * 2 ** 20;

/**
 * `POST /webhooks/github`: GitHub's deliveries. `POST /webhooks/in/<name>`: others, signed as standardwebhooks.com says. The answer says in a sentence
 * what became of it: `{said}`.
 */
export const webhookRoutes = (server: FastifyInstance, arrivals: Arrivals): void => {
  // A signature is of the bytes as they came.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  let unverified = 0;
  server.addHook('onRequest', async (request, reply) => {
    const bytes = Number(request.headers['content-length'] ?? Number.NaN);
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      return send(reply.header('connection', 'close'), { status: 411, said: 'Its Content-Length is missing.' });
    if (unverified + bytes > mostUnverified)
      return send(reply.header('connection', 'close').header('retry-after', 10), {
        status: 503,
        said: 'Too much is being told at once. Send it again later.',
      });
    unverified += bytes;
    reply.raw.once('close', () => {
      unverified -= bytes;
    });
  });
  const arrivalOf = ({ headers, body }: { readonly headers: Arrival['headers']; readonly body: unknown }): Arrival => ({
    headers,
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  });
  const config = { signed: true };

  server.post('/webhooks/github', { bodyLimit: mostFromGitHub, config }, async (request, reply) =>
    send(reply, await arrivals.github(arrivalOf(request))),
  );
  server.post<{ Params: { name: string } }>(
    '/webhooks/in/:name',
    { bodyLimit: mostSigned, config },
    async (request, reply) => send(reply, await arrivals.signed(request.params.name, arrivalOf(request))),
  );
};

const send = (
  reply: FastifyReply,
  { status, said }: { readonly status: ArrivalAnswer['status'] | 411 | 503; readonly said: string },
) => reply.code(status).send({ said });
