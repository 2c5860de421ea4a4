/**
 * GitHub's routes for the tokens of an app, on loopback. It has no independent witness: it was written from docs.github.com, and no
 * answer of a real server, and none of GitHub's own types, is compared with it.
 */

import { createPublicKey, createVerify, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

export interface FakeGitHubApps extends AsyncDisposable {
  readonly url: string;
  readonly appId: string;
  /** PEM of the app's private key. */
  readonly privateKey: string;
  /** Every token that was given out, with what it is for. */
  readonly tokens: { readonly token: string; readonly repositories: readonly string[]; readonly permissions: object }[];
}

/** docs.github.com/rest/apps/apps: "Create an installation access token for an app". */
const TokenRequest = z.strictObject({
  repositories: z.array(z.string().regex(/^[\w.-]+$/)).min(1),
  permissions: z.record(z.string(), z.enum(['read', 'write'])),
});

const Claims = z.object({ iat: z.int(), exp: z.int(), iss: z.union([z.string(), z.int()]) });

const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

/** docs.github.com/apps: "Generating a JSON Web Token for a GitHub App": RS256, at most ten minutes long. Null: it is good. */
const problemOf = (authorization: string | undefined, appId: string, key: KeyObject): string | null => {
  const [head = '', payload = '', signature = ''] = /^bearer (.+)$/i.exec(authorization ?? '')?.[1]?.split('.') ?? [];
  if (signature === '') return 'A JSON web token could not be decoded';
  if ((decode(head) as { alg?: unknown }).alg !== 'RS256') return 'The token is not signed with RS256'; // safe: only looked at
  const good = createVerify('RSA-SHA256').update(`${head}.${payload}`).verify(key, Buffer.from(signature, 'base64url'));
  if (!good) return 'A JSON web token could not be decoded';
  const { iat, exp, iss } = Claims.parse(decode(payload));
  const now = Date.now() / 1000;
  if (String(iss) !== appId) return 'Integration not found';
  if (exp - iat > 660 || exp <= now || iat > now + 60)
    return "'Expiration time' claim ('exp') is too far in the future";
  return null;
};

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // safe: no encoding is set
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
};

/** One app, installed on some repositories of one owner: as much of GitHub's API as making a token for them takes. */
export const startFakeGitHubApps = async (owner: string, installedOn: readonly string[]): Promise<FakeGitHubApps> => {
  const appId = '4711';
  const installation = 99;
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tokens: { token: string; repositories: readonly string[]; permissions: object }[] = [];

  const answer = async (request: IncomingMessage): Promise<readonly [number, object]> => {
    const problem = problemOf(request.headers.authorization, appId, createPublicKey(pair.privateKey));
    if (problem !== null) return [401, { message: problem, documentation_url: 'https://docs.github.com/rest' }];
    const path = new URL(request.url ?? '/', 'http://github').pathname;
    const asked = /^\/repos\/([^/]+)\/([^/]+)\/installation$/.exec(path);
    if (request.method === 'GET' && asked !== null)
      return asked[1] === owner && installedOn.includes(asked[2] ?? '')
        ? [200, { id: installation, app_id: Number(appId), permissions: { contents: 'write' } }]
        : [404, { message: 'Not Found' }];
    if (request.method === 'POST' && path === `/app/installations/${installation}/access_tokens`) {
      const wanted = TokenRequest.safeParse(await bodyOf(request));
      if (!wanted.success) return [422, { message: wanted.error.message }];
      const { repositories, permissions } = wanted.data;
      const foreign = repositories.find((name) => !installedOn.includes(name));
      if (foreign !== undefined)
        return [422, { message: `There is at least one repository that does not exist: ${foreign}` }];
      const token = `ghs_${randomBytes(18).toString('hex')}`;
      tokens.push({ token, repositories, permissions });
      return [201, { token, expires_at: new Date(Date.now() + 3_600_000).toISOString(), permissions }];
    }
    return [404, { message: 'Not Found' }];
  };

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown): readonly [number, object] => [500, { message: String(error) }])
      .then(([status, body]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      )
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // safe: it listens on TCP
    appId,
    privateKey: pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    tokens,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
};
