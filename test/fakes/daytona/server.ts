/**
 * Daytona's API and its sandboxes, on loopback. Its witness is Daytona's own SDK: it speaks to this, and its types hold the bodies
 * (wire.ts). No answer of the real service is compared with it.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { startFakeMachine } from '../machine.ts';
import { parse, Refused, send, type FakeSandbox } from './exchange.ts';
import { inToolbox } from './toolbox.ts';
import { CreateSandbox, NetworkSettings, shown } from './wire.ts';

export interface FakeDaytona extends AsyncDisposable {
  /** For DAYTONA_API_URL. */
  readonly url: string;
  readonly apiKey: string;
  readonly sandboxes: ReadonlyMap<string, FakeSandbox>;
  /** Loses a sandbox, as when its time is over. */
  lose(id: string): Promise<void>;
  /** What came in that the real one would not take. */
  readonly refused: readonly string[];
}

/** Daytona's API and its sandboxes' toolbox, on one port of loopback. Its machines are real ones, and what is asked of them is done. */
export async function startFakeDaytona(): Promise<FakeDaytona> {
  const apiKey = `dtn_${randomBytes(20).toString('hex')}`;
  const sandboxes = new Map<string, FakeSandbox>();
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const answered =
      request.headers.authorization === `Bearer ${apiKey}`
        ? answer({ url, sandboxes }, request, response)
        : Promise.reject(new Refused(401, 'Invalid credentials'));
    answered.catch((error: unknown) => {
      const status = error instanceof Refused ? error.status : 500;
      refused.push(`${request.method} ${request.url}: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else send(response, status, { statusCode: status, message: String(error), error: 'refused' });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: it listens on TCP
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lose = async (id: string): Promise<void> => {
    const sandbox = sandboxes.get(id);
    sandboxes.delete(id);
    await sandbox?.machine[Symbol.asyncDispose]();
  };
  return {
    url: `${url}/api`,
    apiKey,
    sandboxes,
    lose,
    refused,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      for (const id of sandboxes.keys()) await lose(id);
    },
  };
}

interface Account {
  readonly url: string;
  readonly sandboxes: Map<string, FakeSandbox>;
}

async function answer(account: Account, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url, sandboxes } = account;
  const { pathname, searchParams } = new URL(request.url ?? '', url);
  const [, toolboxId, inside = ''] = /^\/toolbox\/([a-z0-9]+)(\/.*)$/.exec(pathname) ?? [];
  if (toolboxId !== undefined) {
    const sandbox = sandboxes.get(toolboxId);
    if (sandbox === undefined) throw new Refused(404, `Sandbox ${toolboxId} not found`);
    return inToolbox(sandbox, inside, { request, response });
  }
  const [, id = '', what = ''] = /^\/api\/sandbox(?:\/([a-z0-9]+))?(?:\/([a-z-]+))?$/.exec(pathname) ?? [];
  const route = `${request.method} sandbox${id === '' ? '' : '/id'}${what === '' ? '' : `/${what}`}`;
  if (route === 'POST sandbox') {
    const body = parse(CreateSandbox, await json(request));
    if (body.snapshot === 'missing') throw new Refused(404, 'Snapshot missing not found');
    const made = randomBytes(10).toString('hex');
    const machine = await startFakeMachine();
    sandboxes.set(made, { id: made, body, machine, sessions: new Map(), network: [], kept: 0 });
    return send(response, 200, shown(made, body, url));
  }
  if (route === 'GET sandbox') {
    // safe: as the SDK writes it
    const wanted = Object.entries(JSON.parse(searchParams.get('labels') ?? '{}') as Record<string, string>);
    const found = [...sandboxes.values()].filter(({ body }) =>
      wanted.every(([name, value]) => body.labels[name] === value),
    );
    return send(response, 200, { items: found.map((each) => shown(each.id, each.body, url)), nextCursor: null });
  }
  const sandbox = sandboxes.get(id);
  if (sandbox === undefined)
    return send(response, 404, { statusCode: 404, message: `Sandbox ${id} not found`, error: 'Not Found' });
  switch (route) {
    case 'DELETE sandbox/id':
      sandboxes.delete(id);
      await sandbox.machine[Symbol.asyncDispose]();
      return send(response, 200, { ...shown(id, sandbox.body, url), state: 'destroyed' });
    case 'POST sandbox/id/last-activity':
      sandbox.kept += 1;
      return void response.writeHead(201).end();
    case 'POST sandbox/id/network-settings':
      sandbox.network.push(parse(NetworkSettings, await json(request)));
      return send(response, 200, shown(id, sandbox.body, url));
    default:
      throw new Refused(404, `there is no ${route}`);
  }
}
