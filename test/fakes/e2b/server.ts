/**
 * E2B's API and its sandboxes, on loopback. Its witness is E2B's own SDK: it speaks to this, and its types hold the bodies (wire.ts).
 * No answer of the real service is compared with it.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { z } from 'zod';
import { readOn, writeOn } from '../machine-files.ts';
import { startFakeMachine, type FakeMachine } from '../machine.ts';
import { startProcess } from './start-process.ts';
import { complaint, created, listed, NetworkUpdate, NewSandbox, Timeout } from './wire.ts';

/** A sandbox of the account. */
interface FakeSandbox {
  readonly id: string;
  readonly body: z.infer<typeof NewSandbox>;
  readonly machine: FakeMachine;
  /** Every change of what it may reach, as it was asked for. */
  readonly network: z.infer<typeof NetworkUpdate>[];
  /** Seconds, as asked for last. */
  timeout: number;
}

export interface FakeE2b extends AsyncDisposable {
  /** For E2B_API_URL and E2B_SANDBOX_URL. */
  readonly url: string;
  readonly apiKey: string;
  readonly sandboxes: ReadonlyMap<string, FakeSandbox>;
  /** Loses a sandbox, as when its time is over. */
  lose(id: string): Promise<void>;
  /** What came in that the real one would not take. */
  readonly refused: readonly string[];
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Account {
  readonly apiKey: string;
  readonly accessToken: string;
  readonly sandboxes: Map<string, FakeSandbox>;
}

/** E2B's API and its sandboxes' own, on one port of loopback. Its machines are real ones, and what is asked of them is done. */
export async function startFakeE2b(): Promise<FakeE2b> {
  const account: Account = {
    apiKey: `e2b_${randomBytes(20).toString('hex')}`,
    accessToken: randomBytes(16).toString('hex'),
    sandboxes: new Map(),
  };
  const refused: string[] = [];
  const server = createServer((request, response) => {
    answer(account, request, response).catch((error: unknown) => {
      const status = error instanceof Refused ? error.status : 500;
      refused.push(`${request.method} ${request.url}: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else send(response, status, complaint(status, String(error)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: it listens on TCP
  const { port } = server.address() as AddressInfo;
  const lose = async (id: string): Promise<void> => {
    const sandbox = account.sandboxes.get(id);
    account.sandboxes.delete(id);
    await sandbox?.machine[Symbol.asyncDispose]();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: account.apiKey,
    sandboxes: account.sandboxes,
    lose,
    refused,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      for (const id of account.sandboxes.keys()) await lose(id);
    },
  };
}

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refused(400, parsed.error.message);
  return parsed.data;
}

async function answer(account: Account, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://localhost');
  const id = request.headers['e2b-sandbox-id'];
  if (id !== undefined) return inSandbox(account, { id: String(id), url, request, response });
  if (request.headers['x-api-key'] !== account.apiKey) throw new Refused(401, 'invalid API key');
  const [, path = '', sandboxId = '', what = ''] =
    /^(\/v2\/sandboxes|\/sandboxes)(?:\/([a-z0-9]+))?(?:\/([a-z]+))?$/.exec(url.pathname) ?? [];
  const route = `${request.method} ${path}${sandboxId === '' ? '' : '/id'}${what === '' ? '' : `/${what}`}`;
  if (route === 'POST /v2/sandboxes') {
    const body = parse(NewSandbox, await json(request));
    if (body.templateID === 'missing') throw new Refused(404, `template '${body.templateID}' not found`);
    const made = randomBytes(10).toString('hex');
    const machine = await startFakeMachine();
    account.sandboxes.set(made, { id: made, body, machine, network: [], timeout: body.timeout });
    return send(response, 201, created(made, body.templateID, account.accessToken));
  }
  if (route === 'GET /v2/sandboxes') {
    const wanted = [...new URLSearchParams(url.searchParams.get('metadata') ?? '')];
    const found = [...account.sandboxes.values()].filter(({ body }) =>
      wanted.every(([name, value]) => body.metadata[name] === value),
    );
    return send(
      response,
      200,
      found.map((each) => listed(each.id, each.body)),
    );
  }
  const sandbox = account.sandboxes.get(sandboxId);
  if (sandbox === undefined) return send(response, 404, complaint(404, `sandbox '${sandboxId}' not found`));
  switch (route) {
    case 'DELETE /sandboxes/id':
      account.sandboxes.delete(sandboxId);
      await sandbox.machine[Symbol.asyncDispose]();
      return void response.writeHead(204).end();
    case 'POST /sandboxes/id/timeout':
      sandbox.timeout = parse(Timeout, await json(request)).timeout;
      return void response.writeHead(204).end();
    case 'PUT /sandboxes/id/network':
      sandbox.network.push(parse(NetworkUpdate, await json(request)));
      return void response.writeHead(204).end();
    default:
      throw new Refused(404, `there is no ${route}`);
  }
}

interface Inside {
  readonly id: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The daemon of a sandbox. Everything that Longhaul does there, it does as root. */
async function inSandbox(account: Account, { id, url, request, response }: Inside): Promise<void> {
  if (request.headers['x-access-token'] !== account.accessToken) throw new Refused(401, 'invalid access token');
  const sandbox = account.sandboxes.get(id);
  if (sandbox === undefined)
    return send(response, 502, { sandboxId: id, message: 'The sandbox was not found', code: 502 });
  const { machine } = sandbox;
  if (url.pathname === '/process.Process/Start') {
    if (request.headers.authorization !== `Basic ${Buffer.from('root:').toString('base64')}`)
      throw new Refused(401, 'commands are to be root');
    return startProcess(machine, request, response);
  }
  if (url.pathname !== '/files') throw new Refused(404, `there is no ${request.method} ${url.pathname}`);
  const path = url.searchParams.get('path') ?? '';
  if (url.searchParams.get('username') !== 'root' || !path.startsWith('/'))
    throw new Refused(400, 'whose file, and where?');
  if (request.method === 'POST') {
    if (request.headers['content-type'] !== 'application/octet-stream')
      throw new Refused(400, 'send the bytes as they are');
    await writeOn(machine, path, request);
    return send(response, 200, [{ name: path.split('/').at(-1), type: 'file', path }]);
  }
  const there = await readOn(machine, path, () =>
    response.writeHead(200, { 'content-type': 'application/octet-stream' }),
  );
  if (!there) send(response, 404, complaint(404, `${path} does not exist`));
}
