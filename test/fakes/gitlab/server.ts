/**
 * GitLab's REST API for one project over a bare repository, on loopback. Its witness is one-sided: what it answers is typed by the types of the client
 * (@gitbeaker/rest), which others wrote after GitLab, and what a merge request, a note, an issue, a branch, a member and a commit have was compared by hand
 * with GitLab's own schemas (gitlabhq/gitlabhq: spec/fixtures/api/schemas/public_api/v4). How it acts was written from docs.gitlab.com, and is compared with
 * no real server.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answersOf } from './answers.ts';
import { hooksOf, type Hook } from './hooks.ts';
import { answer, type Answer, type Request } from './routes.ts';
import { Refused, type World } from './world.ts';

export interface FakeGitLab extends AsyncDisposable {
  /** Of its API, such as `http://127.0.0.1:1/api/v4`. */
  readonly apiUrl: string;
  /** Method and path of each request that was let in, in order. */
  readonly requests: string[];
  /** Answers the next requests with this instead. */
  readonly troubles: { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }[];
  /** Paths below the project that there are not, as on a server of another tier. */
  readonly refused: Set<string>;
  /** Whoever asks is gone at that request, counted from 1 on: before it came about, or before its answer came. Null: nobody goes. */
  ending: { readonly request: number; readonly when: 'before' | 'after' } | null;
  /** Requests since `ending` was set last. */
  asked: number;
}

/** Of a person, in a fake. */
export const tokenOf = (username: string): string => `glpat-of-${username}`;

export const startFakeGitLab = async (
  world: World,
  {
    path,
    webUrl,
    tell = () => {},
  }: { readonly path: string; readonly webUrl: string; readonly tell?: (hook: Hook) => void },
): Promise<FakeGitLab> => {
  const answers = answersOf(world, webUrl);
  const hooks = hooksOf(webUrl);
  const project = `/api/v4/projects/${encodeURIComponent(path)}`;

  const requestOf = async (request: IncomingMessage): Promise<Request> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // safe: no encoding is set
    const by = world.people.find(({ username }) => tokenOf(username) === request.headers['private-token']);
    if (by === undefined) throw new Refused(401, '401 Unauthorized');
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://gitlab');
    const below = pathname.startsWith(`${project}/`) ? pathname.slice(project.length) : pathname.replace('/api/v4', '');
    if (below.startsWith('/projects/')) throw new Refused(404, '404 Project Not Found');
    const said = Buffer.concat(chunks).toString('utf8');
    const body = said === '' ? {} : (JSON.parse(said) as Record<string, unknown>); // safe: what a client sends
    return { method: request.method ?? 'GET', path: below, query, body, by };
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    fake.asked += 1;
    const { ending } = fake;
    const isGone = ending !== null && fake.asked >= ending.request;
    if (isGone && (fake.asked > ending.request || ending.when === 'before')) {
      response.destroy();
      return;
    }
    const trouble = fake.troubles.shift();
    if (trouble !== undefined) {
      response.writeHead(trouble.status, { 'content-type': 'text/plain', ...trouble.headers }).end(trouble.body);
      return;
    }
    const asked = await requestOf(request);
    fake.requests.push(`${asked.method} ${asked.path}`);
    if (fake.refused.has(asked.path)) throw new Refused(403, '403 Forbidden');
    const said = answer({ world, answers, tell, hooks }, asked);
    if (isGone) response.destroy();
    else send(response, asked, said);
  };

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (!(error instanceof Refused)) {
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
        return;
      }
      response
        .writeHead(error.status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message: error.said }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  const fake: FakeGitLab = {
    apiUrl: `http://127.0.0.1:${port}/api/v4`,
    requests: [],
    troubles: [],
    refused: new Set(),
    ending: null,
    asked: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
};

/** docs.gitlab.com/api/rest: a list comes in pages, and says where the next one is. */
const send = (response: ServerResponse, { method, query, path }: Request, said: Answer): void => {
  if ('text' in said) {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(said.text);
    return;
  }
  response.setHeader('content-type', 'application/json');
  if ('json' in said) {
    response.writeHead(method === 'POST' ? 201 : 200).end(JSON.stringify(said.json));
    return;
  }
  const [page, per] = [Number(query.get('page') ?? 1), Math.min(100, Number(query.get('per_page') ?? 20))];
  if (page * per < said.list.length) {
    const next = new URLSearchParams(query);
    next.set('page', String(page + 1));
    response.setHeader('x-next-page', page + 1);
    response.setHeader('link', `<http://gitlab/api/v4${path}?${next.toString()}>; rel="next"`);
  }
  response.writeHead(200).end(JSON.stringify(said.list.slice((page - 1) * per, page * per)));
};
