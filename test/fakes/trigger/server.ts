import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as core from '@trigger.dev/core/v3';
import { z } from 'zod';
import { listed, retrieved, row, tokenItem } from './answers.ts';
import { World, type FakeRun, type FakeToken, type WorldOptions } from './world.ts';

interface Trouble {
  /** How many of the requests that come next on this method and path. */
  times: number;
  readonly on: RegExp;
  /** `cut`: done, and the answer never comes. */
  readonly with: number | 'cut';
}

export interface FakeTrigger extends AsyncDisposable {
  readonly url: string;
  readonly secretKey: string;
  /** For the official command line. */
  readonly accessToken: string;
  readonly world: World;
  /** Every request, as `METHOD /path`. */
  readonly journal: readonly string[];
  /** Variables that were set, by environment. */
  readonly variables: Map<string, Map<string, string>>;
  /** Whether there is a realtime stream. */
  realtime: boolean;
  trouble(trouble: Trouble): void;
  /** Ends all trouble. */
  calm(): void;
  /** A run of ours for an activation, once it was triggered. */
  runFor(activation: string): Promise<FakeRun>;
}

export interface FakeOptions extends Partial<WorldOptions> {
  /** How a payload is kept. Another one than the server's is a mutation, to see that it is noticed. */
  readonly encode?: (payload: unknown) => string;
}

const accessToken = 'tr_pat_fake';
/** How long a realtime request waits for news. */
const liveMs = 20_000;

/**
 * A Trigger.dev API on loopback. Each body that it gets is parsed with Trigger.dev's own schemas; the first that is wrong, and
 * the first request that it does not know, fails whoever disposes it.
 */
export const startFakeTrigger = async ({
  // A text too: it is encoded once more, and no task that wants an object reads it.
  encode = JSON.stringify,
  ...options
}: FakeOptions = {}): Promise<FakeTrigger> => {
  const world = new World({ program: null, checkpoints: true, ...options });
  const problems: string[] = [];
  const journal: string[] = [];
  const troubles: Trouble[] = [];
  const variables = new Map<string, Map<string, string>>();
  const fake = { realtime: true };

  const server = createServer((request, response) => {
    const name = `${request.method} ${new URL(request.url ?? '/', 'http://fake').pathname}`;
    if (!name.startsWith('POST /otel')) journal.push(name);
    const trouble = troubles.find(({ times, on }) => times > 0 && on.test(name));
    if (trouble !== undefined) trouble.times -= 1;
    if (typeof trouble?.with === 'number')
      return json(response, trouble.with, { error: 'trouble, as the test wants it' });
    if (trouble?.with === 'cut') response.writeHead = () => response.destroy();
    serve(request, response).catch((error: unknown) => {
      problems.push(`${name}: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`);
      if (!response.headersSent) json(response, 400, { error: String(error) });
    });
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // safe: no encoding is set
    const text = Buffer.concat(chunks).toString();
    if (url.pathname.startsWith('/otel')) return json(response, 200, {});
    if (![world.api.secretKey, accessToken].some((key) => request.headers.authorization === `Bearer ${key}`))
      return json(response, 401, { error: 'Invalid or Missing API key' });
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const at = (route: string): readonly string[] | null => match(route, `${request.method} ${url.pathname}`);
    let found: readonly string[] | null;
    if ((found = at('POST /api/v1/tasks/:/trigger'))) {
      const { payload, options: own = {} } = core.TriggerTaskRequestBody.parse(body);
      const { run, cached } = world.trigger(decodeURIComponent(found[0] ?? ''), encode(payload), own);
      return json(response, 200, core.TriggerTaskResponse.parse({ id: run.id, isCached: cached }));
    }
    if ((found = at('GET /api/v3/runs/:'))) {
      const run = world.run(found[0] ?? '');
      if (run === undefined) return json(response, 404, { error: 'Run not found' });
      return checked(response, core.RetrieveRunResponse, await retrieved(run));
    }
    if (at('GET /api/v1/runs')) {
      const filter = (name: string) => url.searchParams.get(`filter[${name}]`)?.split(',') ?? null;
      const [tags, statuses, tasks] = [filter('tag'), filter('status'), filter('taskIdentifier')];
      const limit = Number(url.searchParams.get('page[size]') ?? 25);
      const data = world.runs
        .filter((run) => tags?.every((tag) => run.tags.includes(tag)) !== false)
        .filter((run) => statuses?.includes(run.status) !== false)
        .filter((run) => tasks?.includes(run.task) !== false)
        .toReversed();
      return checked(response, core.ListRunResponse, { data: data.slice(0, limit).map(listed), pagination: {} });
    }
    if ((found = at('POST /api/v2/runs/:/cancel'))) {
      const run = world.run(found[0] ?? '');
      if (run === undefined) return json(response, 404, { error: 'Run not found' });
      void world.cancel(run);
      return checked(response, core.CanceledRunResponse, { id: run.id });
    }
    if ((found = at('PUT /api/v1/runs/:/metadata'))) {
      const run = known(world.run(found[0] ?? ''));
      world.setMetadata(run, core.FlushedRunMetadata.parse(body));
      return checked(response, core.UpdateMetadataResponseBody, { metadata: run.metadata });
    }
    if ((found = at('POST /api/v1/runs/:/tags'))) {
      const run = known(world.run(found[0] ?? ''));
      const { tags } = core.AddTagsRequestBody.parse(body);
      run.tags = [...new Set([...run.tags, ...(typeof tags === 'string' ? [tags] : tags)])];
      if (run.tags.length > 10) throw new Error(`run ${run.id} has more than 10 tags`);
      world.touch(run);
      return json(response, 200, { message: 'ok' });
    }
    if (at('POST /api/v1/waitpoints/tokens')) {
      const { idempotencyKey, timeout, tags = [] } = core.CreateWaitpointTokenRequestBody.parse(body);
      const { token, cached } = world.createToken(idempotencyKey ?? null, {
        tags: typeof tags === 'string' ? [tags] : tags,
        timeoutAt: timeout === undefined ? null : new Date(timeout),
      });
      return json(response, 200, { ...tokenItem(token, world.api.url), isCached: cached, publicAccessToken: 'fake' });
    }
    if ((found = at('GET /api/v1/waitpoints/tokens/:')))
      return checked(response, core.WaitpointRetrieveTokenResponse, tokenItem(tokenOf(found[0]), world.api.url));
    if ((found = at('POST /api/v1/waitpoints/tokens/:/complete'))) {
      const { data } = core.CompleteWaitpointTokenRequestBody.parse(body);
      // As the server does it: an object becomes SuperJSON.
      const packet = await core.stringifyIO(data);
      world.completeToken(tokenOf(found[0]), { data: packet.data ?? 'null', dataType: packet.dataType });
      return checked(response, core.CompleteWaitpointTokenResponseBody, { success: true });
    }
    if ((found = at('POST /engine/v1/runs/:/waitpoints/tokens/:/wait'))) {
      const run = known(world.run(found[0] ?? ''));
      json(response, 200, core.WaitForWaitpointTokenResponseBody.parse({ success: true }));
      world.wait(run, tokenOf(found[1]));
      return;
    }
    if ((found = at('POST /api/v1/projects/:/envvars/:/import'))) {
      const { variables: given } = core.ImportEnvironmentVariablesRequestBody.parse(body);
      const environment = variables.get(found[1] ?? '') ?? new Map<string, string>();
      for (const [name, value] of Object.entries(given)) environment.set(name, value);
      variables.set(found[1] ?? '', environment);
      return checked(response, core.EnvironmentVariableResponseBody, { success: true });
    }
    if (at('GET /api/v2/whoami'))
      return checked(response, core.WhoAmIResponseSchema, {
        userId: 'user_1',
        email: 'ada@example.com',
        dashboardUrl: world.api.url,
      });
    if ((found = at('GET /api/v1/projects/:/:')) && found[1] === 'envvars')
      return checked(response, core.GetEnvironmentVariablesResponseBody, { variables: {} });
    if (found !== null)
      return checked(response, core.GetProjectEnvResponse, {
        apiKey: world.api.secretKey,
        name: 'Project',
        apiUrl: world.api.url,
        projectId: 'project_1',
      });
    // A server that does not know it: then the command line goes by its own options.
    if (at('GET /api/v1/projects/:/:/deploy-settings')) return json(response, 404, { error: 'Not found' });
    if (at('GET /realtime/v1/runs')) {
      if (!fake.realtime) return json(response, 404, { error: 'no realtime here' });
      return shape(world, url.searchParams, response);
    }
    throw new Error('the fake knows no such route');
  };
  const tokenOf = (id: string | undefined): FakeToken => known(world.tokens.find((token) => token.id === id));

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  world.api = { ...world.api, url: `http://127.0.0.1:${port}` };
  return {
    url: world.api.url,
    secretKey: world.api.secretKey,
    accessToken,
    world,
    journal,
    variables,
    get realtime() {
      return fake.realtime;
    },
    set realtime(on) {
      fake.realtime = on;
    },
    trouble: (trouble) => void troubles.push(trouble),
    calm: () => void troubles.splice(0),
    runFor: (activation) => world.until(() => world.runs.findLast((run) => run.idempotencyKey === activation)),
    [Symbol.asyncDispose]: async () => {
      await world.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      if (problems.length > 0) throw new Error(`Trigger.dev would have refused:\n${problems.join('\n')}`);
    },
  };
};

/** The parts of a path where the route has a colon; null: it is another route. */
const match = (route: string, name: string): readonly string[] | null => {
  const [wanted, given] = [route.split('/'), name.split('/')];
  if (wanted.length !== given.length) return null;
  const parts: string[] = [];
  for (const [index, part] of wanted.entries()) {
    const own = given[index] ?? '';
    if (part === ':') parts.push(own);
    else if (part !== own) return null;
  }
  return parts;
};

const known = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('there is no such thing');
  return value;
};

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  if (!response.destroyed) response.end(JSON.stringify(body));
};

/** What the fake says, too, is what Trigger.dev's own schema takes. */
const checked = (response: ServerResponse, schema: { parse(value: unknown): unknown }, body: object): void => {
  const asSent: unknown = JSON.parse(JSON.stringify(body));
  schema.parse(asSent);
  json(response, 200, asSent);
};

/** Electric's protocol for a shape, as far as a client of Trigger.dev's speaks it: what there is, then what changes. */
const shape = async (world: World, query: URLSearchParams, response: ServerResponse): Promise<void> => {
  const tags = query.get('tags')?.split(',') ?? [];
  const skipped = query.get('skipColumns')?.split(',') ?? [];
  const after = Number(/_(\d+)$/.exec(query.get('offset') ?? '')?.[1] ?? -1);
  const fresh = () => world.runs.filter((run) => run.change > after && tags.some((tag) => run.tags.includes(tag)));
  if (query.get('live') === 'true') {
    const deadline = Date.now() + liveMs;
    while (fresh().length === 0 && Date.now() < deadline && !response.destroyed) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, deadline - Date.now());
      response.once('close', resolve);
      await Promise.race([world.nextChange(), late]);
      clearTimeout(timer);
    }
  }
  if (response.destroyed) return;
  const messages = fresh().map((run) => ({
    key: run.id,
    value: row(run, skipped),
    headers: { operation: 'insert' },
  }));
  response.writeHead(200, {
    'content-type': 'application/json',
    'electric-handle': 'fake',
    'electric-offset': `0_${world.changes}`,
    'electric-cursor': String(world.changes),
    'electric-schema': '{}',
    'electric-up-to-date': '',
  });
  response.end(JSON.stringify([...messages, { headers: { control: 'up-to-date' } }]));
};
