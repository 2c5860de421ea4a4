import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as core from '@trigger.dev/core/v3';
import { z } from 'zod';
import { callbackUrl, deployedVersion, deploymentsOf, listed, retrieved, tokenItem } from './answers.ts';
import { variablesOf } from './dev-answers.ts';
import { openDev } from './dev.ts';
import { checked, json, match, refuseKey, withRates, withToken } from './answering.ts';
import { openLogin } from './login.ts';
import { absent, openRealtime } from './realtime.ts';
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
  /** Whether the environment has a worker group. */
  deployed: boolean;
  /** Lists are behind: they have what was triggered until then; null: they are not. */
  listsUntil: Date | null;
  trouble(trouble: Trouble): void;
  /** Ends all trouble. */
  calm(): void;
  /** A run of ours for an activation, once it was triggered. */
  runFor(activation: string): Promise<FakeRun>;
}

export interface FakeOptions extends Partial<WorldOptions> {
  /** How a payload is kept. Another one than the server's is a mutation, to see that it is noticed. */
  readonly encode?: (payload: unknown) => string;
  /** What the environment's key is: it tells which environment that is. */
  readonly secretKey?: string;
  /** What is wrong is refused, and not held against whoever disposes it. */
  readonly forgiving?: boolean;
}

const accessToken = 'tr_pat_fake';
const mostTags = 10;
/**
 * A Trigger.dev API on loopback. Its witness is a conversation with a real server, in recorded/, which
 * test/integration/trigger-fake.test.ts sends to it, too. Each body that it gets is parsed with Trigger.dev's own schemas; the first that is wrong, and
 * the first request that it does not know, fails whoever disposes it.
 */
export const startFakeTrigger = async ({
  // A text too: it is encoded once more, and no task that wants an object reads it.
  encode = JSON.stringify,
  forgiving = false,
  secretKey = 'tr_prod_fake',
  ...options
}: FakeOptions = {}): Promise<FakeTrigger> => {
  const world = new World({ program: null, checkpoints: true, ...options });
  world.api = { ...world.api, secretKey };
  const problems: string[] = [];
  const journal: string[] = [];
  const troubles: Trouble[] = [];
  const variables = new Map<string, Map<string, string>>();
  const fake = { realtime: true, deployed: true, listsUntil: null as Date | null }; // safe: it is set below
  const realtime = openRealtime(world);
  const dev = openDev(world);
  const login = openLogin(() => ({ url: world.api.url, accessToken }));

  const server = createServer((request, response) => {
    const name = `${request.method} ${new URL(request.url ?? '/', 'http://fake').pathname}`;
    if (!name.startsWith('POST /otel')) journal.push(name);
    withRates(response, new URL(request.url ?? '/', 'http://fake').pathname);
    const trouble = troubles.find(({ times, on }) => times > 0 && on.test(name));
    if (trouble !== undefined) trouble.times -= 1;
    if (typeof trouble?.with === 'number')
      return json(response, trouble.with, { error: 'trouble, as the test wants it' });
    if (trouble?.with === 'cut') response.writeHead = () => response.destroy();
    serve(request, response).catch((error: unknown) => {
      if (!forgiving) problems.push(`${name}: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`);
      if (!response.headersSent) json(response, 400, { error: refusal(error) });
    });
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // safe: no encoding is set
    const text = Buffer.concat(chunks).toString();
    if (url.pathname.startsWith('/otel')) return json(response, 200, {});
    // A server takes the upgrade, says the recorded conversation; what is said then is not in it.
    if (url.pathname === '/socket.io/') return json(response, 404, { error: 'Not found' });
    if (login(`${request.method} ${url.pathname}`, text, response)) return;
    if (![world.api.secretKey, accessToken].some((key) => request.headers.authorization === `Bearer ${key}`))
      return refuseKey(request, response, url.pathname);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const at = (route: string): readonly string[] | null => match(route, `${request.method} ${url.pathname}`);
    let found: readonly string[] | null;
    if ((found = at('POST /api/v1/tasks/:/trigger'))) {
      const { payload, options: own = {} } = core.TriggerTaskRequestBody.parse(body);
      const tags = typeof own.tags === 'string' ? [own.tags] : (own.tags ?? []);
      if (tags.length > mostTags)
        return json(response, 422, { error: `Runs can only have 10 tags, you're trying to set ${tags.length}.` });
      if (!fake.deployed) return json(response, 422, { error: 'No worker group found' });
      if (own.lockToVersion !== undefined && own.lockToVersion !== deployedVersion)
        // From a task, the deployment is looked for in another place. Read in the server's source (4.5.12), and not recorded.
        return request.headers['x-trigger-engine-version'] === undefined
          ? json(response, 500, { error: 'Something went wrong' })
          : json(response, 422, { error: noSuchVersion(own.lockToVersion) });
      const { run, cached } = world.trigger(decodeURIComponent(found[0] ?? ''), encode(payload), own);
      withToken(response, run.id);
      return json(response, 200, core.TriggerTaskResponse.parse({ id: run.id, isCached: cached }));
    }
    if ((found = at('GET /api/v3/runs/:'))) {
      const run = world.run(found[0] ?? '');
      if (run === undefined) {
        response.setHeader('x-should-retry', 'true');
        return json(response, 404, { error: 'Not found' });
      }
      return checked(response, core.RetrieveRunResponse, await retrieved(run));
    }
    if (at('GET /api/v1/runs')) {
      const filter = (name: string) => url.searchParams.get(`filter[${name}]`)?.split(',') ?? null;
      const [tags, statuses, tasks] = [filter('tag'), filter('status'), filter('taskIdentifier')];
      const odd = statuses?.filter((status) => !core.RunStatus.safeParse(status).success) ?? [];
      if (odd.length > 0) return json(response, 400, { error: 'Query Error', details: [wrongStatus(odd)] });
      const limit = Number(url.searchParams.get('page[size]') ?? 25);
      const data = world.runs
        .filter((run) => tags?.some((tag) => run.tags.includes(tag)) !== false)
        .filter((run) => fake.listsUntil === null || run.createdAt <= fake.listsUntil)
        .filter((run) => statuses?.includes(run.status) !== false)
        .filter((run) => tasks?.includes(run.task) !== false)
        .toReversed();
      const more = data.length > limit ? { next: Buffer.from(`after ${limit}`).toString('base64') } : {};
      return checked(response, core.ListRunResponse, { data: data.slice(0, limit).map(listed), pagination: more });
    }
    // Read in the server's source (4.5.12), and not recorded.
    if (at('GET /api/v1/deployments')) return json(response, 200, deploymentsOf(fake.deployed));
    if ((found = at('POST /api/v2/runs/:/cancel'))) {
      const run = world.run(found[0] ?? '');
      if (run === undefined) return json(response, 404, { error: 'Resource not found' });
      void world.cancel(run);
      return checked(response, core.CanceledRunResponse, { id: run.id });
    }
    if ((found = at('PUT /api/v1/runs/:/metadata'))) {
      const run = world.run(found[0] ?? '');
      if (run === undefined) return json(response, 404, { error: 'Task Run not found' });
      world.setMetadata(run, core.FlushedRunMetadata.parse(body));
      return checked(response, core.UpdateMetadataResponseBody, { metadata: run.metadata });
    }
    if ((found = at('POST /api/v1/runs/:/tags'))) {
      const run = world.run(found[0] ?? '');
      if (run === undefined) return json(response, 404, { error: 'Run not found' });
      const { tags } = core.AddTagsRequestBody.parse(body);
      const fresh = (typeof tags === 'string' ? [tags] : tags).filter((tag) => !run.tags.includes(tag));
      const all = run.tags.length + fresh.length;
      if (all > mostTags) return json(response, 422, { error: tooManyTags(all, fresh) });
      run.tags.push(...fresh);
      world.touch(run);
      return json(response, 200, { message: `Successfully set ${fresh.length} new tags.` });
    }
    if (at('POST /api/v1/waitpoints/tokens')) {
      const { idempotencyKey, timeout, tags = [] } = core.CreateWaitpointTokenRequestBody.parse(body);
      const { token, cached } = world.createToken(idempotencyKey ?? null, {
        tags: typeof tags === 'string' ? [tags] : tags,
        timeoutAt: timeout === undefined ? null : new Date(timeout),
      });
      withToken(response, token.id);
      return json(response, 200, { id: token.id, isCached: cached, url: callbackUrl(token, world.api.url) });
    }
    if ((found = at('GET /api/v1/waitpoints/tokens/:'))) {
      const token = tokenOf(found[0]);
      // Not a 404.
      if (token === undefined) return json(response, 500, { error: 'Internal Server Error' });
      return checked(response, core.WaitpointRetrieveTokenResponse, tokenItem(token, world.api.url));
    }
    if ((found = at('POST /api/v1/waitpoints/tokens/:/complete'))) {
      const token = tokenOf(found[0]);
      if (token === undefined) return json(response, 404, { error: 'Waitpoint not found' });
      const { data } = core.CompleteWaitpointTokenRequestBody.parse(body);
      // As the server does it: an object becomes SuperJSON.
      const packet = await core.stringifyIO(data);
      world.completeToken(token, { data: packet.data ?? 'null', dataType: packet.dataType });
      return checked(response, core.CompleteWaitpointTokenResponseBody, { success: true });
    }
    if ((found = at('POST /engine/v1/runs/:/waitpoints/tokens/:/wait'))) {
      const run = known(world.run(found[0] ?? ''));
      json(response, 200, core.WaitForWaitpointTokenResponseBody.parse({ success: true }));
      world.wait(run, known(tokenOf(found[1])));
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
      return checked(response, core.GetEnvironmentVariablesResponseBody, { variables: variablesOf(world) });
    if (found !== null)
      return checked(response, core.GetProjectEnvResponse, {
        apiKey: world.api.secretKey,
        name: 'Project',
        apiUrl: world.api.url,
        projectId: 'project_1',
        defaultRuntime: 'node-24',
      });
    if (at('GET /api/v1/platform-notifications')) return json(response, 200, { notification: null });
    // A server that does not know it: then the command line goes by its own options.
    if (at('GET /api/v1/projects/:/:/deploy-settings')) return json(response, 404, { error: 'Not found' });
    if (at('GET /realtime/v1/runs')) {
      if (!fake.realtime) return absent(response);
      return realtime(url.searchParams, response, 'x-trigger-electric-version' in request.headers);
    }
    if (await dev(`${request.method} ${url.pathname}`, body, response)) return;
    throw new Error('the fake knows no such route');
  };
  const tokenOf = (id: string | undefined): FakeToken | undefined => world.tokens.find((token) => token.id === id);

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
    get deployed() {
      return fake.deployed;
    },
    set deployed(on) {
      fake.deployed = on;
    },
    get listsUntil() {
      return fake.listsUntil;
    },
    set listsUntil(at) {
      fake.listsUntil = at;
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

const known = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('there is no such thing');
  return value;
};

const refusal = (error: unknown): string => {
  if (error instanceof SyntaxError) return 'Invalid JSON';
  if (!(error instanceof z.ZodError)) return String(error);
  return `Validation error: ${error.issues.map(({ message, path }) => `${message} at "${path.join('.')}"`).join(', or ')}`;
};

const wrongStatus = (odd: readonly string[]) => ({
  code: 'custom',
  message: `Invalid status values: ${odd.join(', ')}`,
  path: ['filter[status]'],
});

const noSuchVersion = (version: string): string =>
  `Task locked to version '${version}', but no worker found with that version.`;

const tooManyTags = (all: number, fresh: readonly string[]): string =>
  `Runs can only have 10 tags, you're trying to set ${all}. These tags have not been set: ${fresh.map((tag) => `'${tag}'`).join(', ')}.`;
