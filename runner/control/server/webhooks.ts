import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Arrivals } from '../triggers/arrivals.ts';
import type { Arrival, ArrivalAnswer } from '../triggers/deliveries.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What comes here is signed instead of sent with a token: it is not known whose it is before it has been read. Bytes that it may have. */
    signedBytes?: number;
  }
}

const MiB = 2 ** 20;
/** docs.github.com/webhooks: what GitHub sends has at most 25 MB; docs.gitlab.com: what GitLab sends, 25 MB as well. */
const mostFromForge = 25 * MiB;
/** What an alert or a script says is short, and the library that verifies it takes its time. */
const mostSigned = MiB;
/** Nearly all that is told is small, and has bytes of its own: what is large cannot take them. */
const small = MiB / 4;
/** Bytes that may have come at once of what nobody has verified yet. */
const mostUnverified = { small: 32 * MiB, large: 64 * MiB };
/** GitHub and GitLab wait ten seconds for their answers. */
const longestMs = 10_000;

type Refused = Pick<ArrivalAnswer, 'said'> & { readonly status: 411 | 413 | 503 };

/**
 * `POST /webhooks/github`, `/webhooks/gitlab`: their deliveries. `POST /webhooks/in/<name>`: others, signed as standardwebhooks.com says. The answer says in a sentence
 * what became of it: `{said}`.
 */
export const webhookRoutes = (server: FastifyInstance, arrivals: Arrivals): void => {
  // A signature is of the bytes as they came.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const pools = { small: 0, large: 0 };

  const answer = async (
    request: { readonly raw: IncomingMessage; readonly routeOptions: { readonly config: { signedBytes?: number } } },
    reply: FastifyReply,
    answerTo: (arrival: Arrival) => Promise<ArrivalAnswer>,
  ) => {
    const { raw } = request;
    const { headers } = raw;
    const bytes = Number(headers['content-length'] ?? Number.NaN);
    const most = request.routeOptions.config.signedBytes ?? 0;
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      return refuse(reply, { status: 411, said: 'Its Content-Length is missing.' });
    if (bytes > most) return refuse(reply, { status: 413, said: `It has more than ${most / MiB} MB.` });
    const pool = bytes <= small ? 'small' : 'large';
    const chunks: Buffer[] = [];
    let came = 0;
    const patience = setTimeout(() => raw.socket.destroy(), longestMs);
    try {
      // safe: no encoding is set
      for await (const chunk of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        came += chunk.length;
        pools[pool] += chunk.length;
        if (pools[pool] > mostUnverified[pool])
          return await refuse(reply.header('retry-after', 10), {
            status: 503,
            said: 'Too much is being told at once. Send it again later.',
          });
        chunks.push(chunk);
      }
      clearTimeout(patience);
      const { status, said } = await answerTo({ headers, body: Buffer.concat(chunks) });
      return await reply.code(status).send({ said });
    } catch (error) {
      // Nobody is there any more to be answered.
      if (!raw.socket.destroyed) throw error;
      return reply.hijack();
    } finally {
      clearTimeout(patience);
      pools[pool] -= came;
    }
  };

  for (const forge of ['github', 'gitlab'] as const)
    server.post(`/webhooks/${forge}`, { config: { signedBytes: mostFromForge } }, async (request, reply) =>
      answer(request, reply, arrivals[forge]),
    );
  server.post<{ Params: { name: string } }>(
    '/webhooks/in/:name',
    { config: { signedBytes: mostSigned } },
    async (request, reply) => answer(request, reply, (arrival) => arrivals.signed(request.params.name, arrival)),
  );
};

const refuse = (reply: FastifyReply, { status, said }: Refused) =>
  reply.code(status).header('connection', 'close').send({ said });
