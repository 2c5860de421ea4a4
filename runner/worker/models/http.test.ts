import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ForwardProxy } from '../../../test/harness/forward-proxy.ts';
import { anthropicModel } from './anthropic.ts';
import { chatCompletionsModel } from './chat-completions.ts';
import { ask, user } from '../../../test/suites/model.ts';
import { fetchBy } from './http.ts';
import { responsesModel } from './responses.ts';

const endpoint = async (answer: (url: string, response: ServerResponse) => unknown = () => {}) => {
  const server = createServer((request, response) => {
    answer(request.url ?? '', response);
    response.end('answered');
  }).listen(0, '127.0.0.1');
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

const unaborted = () => ({ signal: new AbortController().signal });

test.each([
  ['responses', responsesModel],
  ['chat completions', chatCompletionsModel],
  ['messages', anthropicModel],
] as const)('the API of %s sends neither key nor code on to where an endpoint says', async (_, model) => {
  const asked: string[] = [];
  await using elsewhere = await endpoint((url) => void asked.push(url));
  await using redirecting = await endpoint((url, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}${url}?key=1` }),
  );
  const baseURL = `http://127.0.0.1:${redirecting.port}/v1`;
  const outcome = await model({ apiKey: 'sk-secret-secret', baseURL, model: 'm' }).respond(
    ask([user('Go.')]),
    unaborted(),
  );
  const says = `^The model endpoint ${baseURL} sends requests on to http://127\\.0\\.0\\.1:${elsewhere.port}/v1/[a-z/]+ \\(307\\), which was not asked`;
  expect(outcome).toMatchObject({
    kind: 'failed',
    failure: { code: 'protocol', retryable: false, status: 307, message: expect.stringMatching(says) },
  });
  expect(asked).toEqual([]);
});
