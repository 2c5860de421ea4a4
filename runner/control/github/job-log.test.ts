import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { openGitHub } from './access.ts';
import { jobLog } from './job-log.ts';

/**
 * Where logs of GitHub Actions lie, as docs.github.com/rest/actions/workflow-jobs says: the API sends on to an address that is good by itself.
 * No other implementation of that was found to judge this one by.
 */
const serve = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // safe: it listens on a port
};

const logOf = (apiUrl: string): Promise<string | null> => {
  const access = { tokenVariable: 'TOKEN', apiUrl, webhookSecretVariable: null };
  const open = openGitHub(access, 'https://github.com/acme/shop', { TOKEN: 'secret' });
  return jobLog(open, 7, AbortSignal.timeout(30_000));
};

test('the end of a log is read from where it lies, and no credential goes there', async () => {
  const line = '2026-11-30T01:02:03.1234567Z ';
  const asked: (readonly [string, string | undefined])[] = [];
  const url = await serve(({ url: path = '', headers }, response) => {
    asked.push([path, headers.authorization]);
    if (path.startsWith('/repos/')) return void response.writeHead(302, { location: '/logs/7?sig=1' }).end();
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    for (let at = 0; at < 20_000; at += 1) response.write(`${line}step ${at}\n`);
    response.end(`${line}Error: no sum\n`);
  });
  const log = (await logOf(url)) ?? '';
  expect(log).toMatch(/\nstep 19999\nError: no sum\n$/);
  expect(log).not.toContain('2026-11-30T01:02:03.1234567Z step');
  expect(log.length).toBeLessThan(6_001);
  expect(asked).toEqual([
    ['/repos/acme/shop/actions/jobs/7/logs', 'token secret'],
    ['/logs/7?sig=1', undefined],
  ]);
});

test('a log that may not be read, or lies where nobody should look, is none', async () => {
  expect(await logOf(await serve((_, response) => void response.writeHead(403).end('{"message": "no"}')))).toBeNull();
  const asked: string[] = [];
  const inside = await serve(({ url = '' }, response) => {
    asked.push(url);
    response.end('private');
  });
  const leads = await serve((_, response) => void response.writeHead(302, { location: `${inside}/x` }).end());
  expect(await logOf(leads)).toBeNull();
  expect(asked).toEqual([]);
});
