import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeWeb extends AsyncDisposable {
  /** Loopback ports that stand for ports 80 and 443 of the internet. */
  readonly ports: Readonly<Record<number, number>>;
  /** Bodies that were sent to it, in order. */
  readonly received: readonly string[];
}

/** A certificate for allowed.example.test until 2126, of nobody's authority; made for this test and of no other use. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLT51LMVOk34rbouX
2w7AZqnCCCcZjguo1uBEDFt5MsOhRANCAASy8Zu17Om8WxYmprfBxxVyUw23RrQn
shpyp8joO9Rq+VD9XZiShmKOcqruAM0ZeBkGwJlxxRMJUKyiGvrKh606
-----END PRIVATE KEY-----
`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBtzCCAVygAwIBAgIUAp/zGHspfLCYTFrprdd2ob369AYwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUYWxsb3dlZC5leGFtcGxlLnRlc3QwIBcNMjYxMTIzMjE0MjM3
WhgPMjEyNjEwMzAyMTQyMzdaMB8xHTAbBgNVBAMMFGFsbG93ZWQuZXhhbXBsZS50
ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsvGbtezpvFsWJqa3wccVclMN
t0a0J7IacqfI6DvUavlQ/V2YkoZijnKq7gDNGXgZBsCZccUTCVCsohr6yoetOqN0
MHIwHQYDVR0OBBYEFLYJzQUYgrJtwvV8DBKKFXzzIg/EMB8GA1UdIwQYMBaAFLYJ
zQUYgrJtwvV8DBKKFXzzIg/EMA8GA1UdEwEB/wQFMAMBAf8wHwYDVR0RBBgwFoIU
YWxsb3dlZC5leGFtcGxlLnRlc3QwCgYIKoZIzj0EAwIDSQAwRgIhAN89vuICXMVV
9/0ek6QfbkKAw7pQfxckEZuwqdXEy5AIAiEAq+8Ll9TQiJCBgxxW71XqVCKf0Mmz
mswVJwIoxVb+SCs=
-----END CERTIFICATE-----
`;

/** Two servers on loopback: a greeting on both, and a registry with the one package `left`. */
export async function startFakeWeb(): Promise<FakeWeb> {
  const tarball = await packLeft();
  const received: string[] = [];
  const answer =
    (greeting: string): RequestListener =>
    (request, response) => {
      if (request.method === 'POST') {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        return request.on('end', () => {
          received.push(body);
          response.end('thanks');
        });
      }
      if (request.url === '/hello') return response.end(greeting);
      if (request.url === '/left/-/left-1.0.0.tgz') return response.end(tarball);
      if (request.url === '/left')
        return response.setHeader('content-type', 'application/json').end(packument(tarball));
      return response.writeHead(404).end();
    };
  const plain = createServer(answer('hello from http')).listen(0, '127.0.0.1');
  const tls = createTlsServer({ key: key, cert: certificate }, answer('hello from tls')).listen(0, '127.0.0.1');
  await Promise.all([once(plain, 'listening'), once(tls, 'listening')]);
  return {
    received,
    // safe: both listen on TCP
    ports: { 80: (plain.address() as AddressInfo).port, 443: (tls.address() as AddressInfo).port },
    async [Symbol.asyncDispose]() {
      for (const server of [plain, tls]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

function packument(tarball: Buffer): string {
  const dist = {
    tarball: 'http://allowed.example.test/left/-/left-1.0.0.tgz',
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
  };
  return JSON.stringify({
    name: 'left',
    'dist-tags': { latest: '1.0.0' },
    versions: { '1.0.0': { name: 'left', version: '1.0.0', dist } },
  });
}

async function packLeft(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'left-'));
  try {
    await mkdir(join(folder, 'package'));
    await writeFile(
      join(folder, 'package/package.json'),
      JSON.stringify({ name: 'left', version: '1.0.0', main: 'index.js' }),
    );
    await writeFile(join(folder, 'package/index.js'), "module.exports = 'from the registry';\n");
    execFileSync('tar', ['-czf', 'left.tgz', 'package'], { cwd: folder });
    return await readFile(join(folder, 'left.tgz'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
