import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from 'vitest';
import { oddities, theCall, type Api, type Wire } from '../../../test/harness/oddities.ts';
import { ask, user } from '../../../test/suites/model.ts';
import { retryAt } from '../run/steps/backoff.ts';
import type { ModelFailure, ModelOutcome } from './model.ts';
import { openModel } from './open.ts';

const apis: readonly Api[] = ['responses', 'chat', 'anthropic'];
const documentation = path.join(import.meta.dirname, '../../../docs/endpoints.md');
const begin = '<!-- made by npm run docs:endpoints -->';
const end = '<!-- end -->';

/** The one server of an answer. */
const serving = async (wire: Wire) => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(wire.status, wire.headers);
      for (const piece of wire.pieces) response.write(piece);
      if (wire.after === 'end') response.end();
      // What was written has to be out before the connection is torn.
      if (wire.after === 'cut') response.write('', () => response.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: a server that listens on TCP has such an address
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
};

const outcomeOf = async (api: Api, wire: Wire): Promise<ModelOutcome> => {
  await using server = await serving(wire);
  const idleMs = wire.after === 'hang' ? 300 : 60_000;
  const settings = {
    name: 'm',
    api,
    baseUrl: server.url,
    background: false,
    reasoningEffort: 'low',
    contextWindow: null,
    idleSeconds: idleMs / 1000,
    switches: {},
    pricesOf: null,
  } as const;
  // Awaited, or the server would be gone before it is asked.
  return await openModel(settings, { model: 'm', apiKey: null }).respond(ask([user('Go.')]), {
    signal: new AbortController().signal,
  });
};

/** What the loop does about it, by the rules of next.ts. */
const doneAbout = (failure: ModelFailure): string => {
  const again = /It is asked again (without [^;]+);/.exec(failure.message)?.[1];
  if (again !== undefined) return `asks again ${again}`;
  if (failure.code === 'context_length') return 'compacts the context, then asks again';
  const at = retryAt(failure, { attempt: 1, now: 0, random: 0 });
  if (at === null) return `asks a person: ${reasons[failure.code] ?? failure.code}`;
  const wait = Date.parse(at) / 1000;
  return wait === 0 ? 'asks again, later each time' : `asks again after ${wait} s`;
};

const reasons: Partial<Record<ModelFailure['code'], string>> = {
  auth: 'the key',
  not_found: 'the model or the address',
  quota: 'the quota',
  bad_request: 'the request was refused',
  incomplete: 'the answer ended early',
  protocol: 'this is no such API',
  server: 'the endpoint failed',
};

const whatTheRunDoes = (outcome: ModelOutcome): string => {
  if (outcome.kind === 'aborted') return 'hangs';
  if (outcome.kind === 'failed') return doneAbout(outcome.failure);
  const { items, usage, oddities: odd } = outcome;
  if (items.some(({ type }) => type === 'refusal')) return 'asks a person: the model declined';
  const call = items.find((item) => item.type === 'call');
  if (call === undefined) return 'tells the model that it called nothing';
  expect({ name: call.name, arguments: JSON.parse(call.arguments) }).toEqual({ name: 'bash', arguments: theCall });
  const kept = items.some(({ type }) => type === 'reasoning' || type === 'returned');
  return [
    'goes on',
    ...(kept ? ['gives the reasoning back'] : []),
    ...(usage === null ? ['counts no tokens'] : []),
    ...(odd.length > 0 ? ['tells in the timeline'] : []),
  ].join(', ');
};

/** As oxfmt leaves a table, or not. */
const plain = (markdown: string): string => markdown.replace(/-{3,}/g, '---').replace(/ +/g, ' ').trim();

test('docs/endpoints.md says what a run does with what endpoints do, for each API', { timeout: 60_000 }, async () => {
  const rows = await Promise.all(
    oddities.map(async ({ what, wire }) => {
      const cells = await Promise.all(
        apis.map(async (api) => {
          const answered = await wire(api);
          return answered === null ? '' : whatTheRunDoes(await outcomeOf(api, answered));
        }),
      );
      return `| ${[what, ...cells].join(' | ')} |`;
    }),
  );
  const table = [
    '| an endpoint that … | Responses | Chat Completions | Anthropic |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
  const text = await readFile(documentation, 'utf8');
  const [before = '', rest = ''] = text.split(begin);
  const [, after = ''] = rest.split(end);
  if (process.env['UPDATE_DOCS'] !== undefined) {
    await writeFile(documentation, `${before}${begin}\n\n${table}\n\n${end}${after}`);
    return;
  }
  expect(plain(rest.split(end)[0] ?? ''), 'Write it anew with: npm run docs:endpoints').toBe(plain(table));
});
