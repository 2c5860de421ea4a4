import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { clientOf } from './client.ts';
import { redirectOf, straightFetch } from './straight-fetch.ts';

const server = async (location: string | null) => {
  const asked: string[] = [];
  const listening = createServer((request, response) => {
    asked.push(request.headers.authorization ?? '');
    if (location === null) response.end('here');
    else response.writeHead(307, { location }).end();
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  // safe: a server that listens on TCP has such an address
  const { port } = listening.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
};
const headers = { authorization: 'Bearer secret' };

test('what carries a credential goes where it was sent, and nowhere else', async () => {
  await using elsewhere = await server(null);
  await using near = await server('/login?to=1');
  await using far = await server(`${elsewhere.url}/trpc?secret=1`);
  expect(await (await straightFetch(elsewhere.url, { headers })).text()).toBe('here');
  await expect(straightFetch(`${far.url}/blobs`, { headers, method: 'POST', body: 'content' })).rejects.toThrow(
    `${far.url} sends requests on to ${elsewhere.url}/trpc, which was not asked: nobody named it.`,
  );
  await expect(straightFetch(new Request(near.url, { headers }))).rejects.toThrow(`on to ${near.url}/login, which`);
  await expect(clientOf({ url: far.url, token: 'secret' }).runner.info.query()).rejects.toThrow(
    `sends requests on to ${elsewhere.url}/trpc`,
  );
  expect(elsewhere.asked).toEqual(['Bearer secret']);
});

test.each([
  [200, 'https://b.test/', null],
  [304, 'https://b.test/', null],
  [308, 'https://user:pass@b.test/v1?key=1#x', 'https://b.test/v1'],
  [301, '/v2', 'https://a.test/v2'],
  [302, 'https://[', 'nowhere'],
  [302, 'a\u001b]0;x', 'https://a.test/v1/a%1B]0;x'],
])('an answer %i with the location %j sends on to %s', (status, location, to) => {
  const headers = { get: () => location };
  expect(redirectOf({ status, headers }, 'https://a.test/v1/')).toBe(to);
});
