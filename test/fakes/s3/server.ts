/**
 * A store of one bucket, on loopback. Its witness is one-sided: Amazon's own SDK signs and reads what is said to it. What a real store
 * answers is compared with nothing; it was written from docs.aws.amazon.com.
 */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signatureProblem, type Account } from './signature.ts';

interface StoredObject {
  readonly content: Buffer;
  readonly changed: Date;
}

export interface FakeS3 extends AsyncDisposable {
  readonly url: string;
  readonly account: Account;
  readonly bucket: string;
  /** By key. What a test puts here is what is there. */
  readonly objects: Map<string, StoredObject>;
  /** Method and path of each request that was let in, in order. */
  readonly requests: string[];
  /** Answers the next requests with this instead, as the store's own error. */
  readonly troubles: { readonly status: number; readonly code: string }[];
}

class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const escaped = (text: string): string => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
const xml = (body: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;

/**
 * A store that speaks as much of S3's REST API as one bucket of whole objects needs, in path style. It is strict: every
 * request must carry a right signature, and a body must be what its checksums say.
 */
export const startFakeS3 = async (bucket = 'longhaul-blobs'): Promise<FakeS3> => {
  const account: Account = {
    accessKeyId: `AK${randomBytes(9).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('base64'),
    region: 'eu-test-1',
  };
  const objects = new Map<string, StoredObject>();
  const requests: string[] = [];
  const troubles: { status: number; code: string }[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // safe: no encoding is set
    const content = Buffer.concat(chunks);
    const problem = signatureProblem(request, account);
    if (problem !== null) throw new S3Error(403, problem.code, problem.message);
    checkBody(request, content);
    const url = new URL(request.url ?? '/', 'http://store');
    const [, name = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    requests.push(`${request.method ?? ''} ${url.pathname}`);
    const trouble = troubles.shift();
    if (trouble !== undefined) throw new S3Error(trouble.status, trouble.code, 'As the test wants it.');
    if (name !== bucket) throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
    if (key === '') {
      if (request.method !== 'GET' || url.searchParams.get('list-type') !== '2')
        throw new S3Error(501, 'NotImplemented', 'Only ListObjectsV2 is known of buckets.');
      response.setHeader('content-type', 'application/xml');
      response.end(xml(listing(bucket, objects, Number(url.searchParams.get('max-keys') ?? 1000))));
      return;
    }
    onObject(request, response, { key, content });
  };

  const onObject = (
    request: IncomingMessage,
    response: ServerResponse,
    { key, content }: { readonly key: string; readonly content: Buffer },
  ): void => {
    const there = objects.get(key);
    switch (request.method) {
      case 'PUT':
        objects.set(key, { content, changed: new Date() });
        response.setHeader('etag', `"${createHash('md5').update(content).digest('hex')}"`).end();
        return;
      case 'DELETE':
        objects.delete(key);
        response.writeHead(204).end();
        return;
      case 'HEAD':
      case 'GET':
        if (there === undefined) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
        response.setHeader('content-length', there.content.length);
        response.setHeader('last-modified', there.changed.toUTCString());
        response.end(request.method === 'HEAD' ? undefined : there.content);
        return;
      default:
        throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    }
  };

  const server = createServer((request, response) => {
    response.setHeader('x-amz-request-id', randomBytes(8).toString('hex').toUpperCase());
    answer(request, response).catch((error: unknown) => {
      const { status, code, message } =
        error instanceof S3Error ? error : { status: 500, code: 'InternalError', message: String(error) };
      response.writeHead(status, { 'content-type': 'application/xml' });
      // An answer to HEAD has no body, whatever is wrong.
      response.end(
        request.method === 'HEAD'
          ? undefined
          : xml(`<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // safe: it listens on TCP
    account,
    bucket,
    objects,
    requests,
    troubles,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
};

/** Each checksum that is sent must be right, and a PUT must send one of the content. */
const checkBody = (request: IncomingMessage, content: Buffer): void => {
  const { headers } = request;
  const digest = (algorithm: string, encoding: 'hex' | 'base64') =>
    createHash(algorithm).update(content).digest(encoding);
  const signed = String(headers['x-amz-content-sha256']);
  if (/^[0-9a-f]{64}$/.test(signed) ? signed !== digest('sha256', 'hex') : signed !== 'UNSIGNED-PAYLOAD')
    throw new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      'The provided x-amz-content-sha256 does not match what was computed.',
    );
  const checksum = headers['x-amz-checksum-sha256'];
  if (checksum !== undefined && checksum !== digest('sha256', 'base64'))
    throw new S3Error(400, 'BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
  if (request.method !== 'PUT') return;
  if (checksum === undefined)
    throw new S3Error(400, 'InvalidRequest', 'This store wants a checksum of what it is sent.');
  if (headers['content-length'] !== String(content.length))
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
};

const listing = (bucket: string, objects: ReadonlyMap<string, StoredObject>, most: number): string => {
  const keys = [...objects.keys()].toSorted();
  const contents = keys
    .slice(0, most)
    .map(
      (key) => `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key)?.content.length ?? 0}</Size></Contents>`,
    );
  return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><KeyCount>${contents.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${keys.length > most}</IsTruncated>${contents.join('')}</ListBucketResult>`;
};
