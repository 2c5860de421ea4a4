import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ForwardProxy } from '../../../test/harness/forward-proxy.ts';
import { fetchBy } from './http.ts';

const endpoint = async () => {
  const server = createServer((_, response) => response.end('answered')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: a server that listens on TCP has such an address
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

test.each([
  ['HTTP_PROXY', 'http://models.example.test/v1', {}, true],
  ['http_proxy', 'http://models.example.test/v1', {}, true],
  ['HTTP_PROXY', 'http://models.example.test/v1', { NO_PROXY: 'other.example.test' }, true],
  ['HTTP_PROXY', 'http://models.example.test/v1', { NO_PROXY: '*.example.test' }, false],
  ['HTTP_PROXY', 'http://models.example.test/v1', { no_proxy: 'models.example.test' }, false],
  ['HTTP_PROXY', 'http://127.0.0.1:PORT/v1', {}, false],
  ['HTTP_PROXY', 'http://localhost:PORT/v1', {}, false],
  // Of the other kind alone.
  ['HTTPS_PROXY', 'http://models.example.test/v1', {}, false],
] as const)('%s=proxy for %s with %o goes through it: %s', async (...[variable, url, more, through]) => {
  await using server = await endpoint();
  await using proxy = await ForwardProxy.to(server.port);
  const fetchIt = fetchBy({ [variable]: proxy.url, ...more });
  const answer = await fetchIt(url.replace('PORT', String(server.port))).then(
    (response) => response.text(),
    // A name that nobody knows without a proxy: it was asked for directly.
    () => 'not reached',
  );
  const local = !url.includes('example');
  expect({ answer, through: proxy.requests.length > 0 }).toEqual({
    answer: through || local ? 'answered' : 'not reached',
    through,
  });
});
