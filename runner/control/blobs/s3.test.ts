import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startFakeS3, type FakeS3 } from '../../../test/fakes/s3/server.ts';
import { blobSuite, type OpenedBlobs } from '../../../test/suites/blobs.ts';
import { openS3, type S3Options } from './s3.ts';

afterEach(() => void vi.unstubAllEnvs());

/** The keys come from where the SDK looks for them, and from nowhere else on this machine. */
const withKeys = ({ account }: FakeS3, secret = account.secretAccessKey): void => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', account.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
};

const optionsFor = (store: FakeS3, incoming: string, different: Partial<S3Options> = {}): S3Options => ({
  bucket: store.bucket,
  region: store.account.region,
  endpoint: store.url,
  prefix: 'runner one/',
  forcePathStyle: true,
  incoming,
  ...different,
});

const open = async (): Promise<OpenedBlobs & { readonly store: FakeS3; readonly folder: string }> => {
  const store = await startFakeS3();
  withKeys(store);
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  const key = (hash: string): string => `runner one/${hash}`;
  return {
    store,
    folder,
    blobs: await openS3(optionsFor(store, join(folder, 'incoming'))),
    names: async () => [...store.objects.keys()].map((name) => name.replace(/^runner one\//, '')).toSorted(),
    spoil: async (hash, content) => {
      store.objects.set(key(hash), { content: Buffer.from(content), changed: new Date() });
    },
    age: async (hash, ms) => {
      const { content } = store.objects.get(key(hash))!;
      store.objects.set(key(hash), { content, changed: new Date(Date.now() - ms) });
    },
    leftovers: () => readdir(join(folder, 'incoming')),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

blobSuite('S3', open);

async function* content(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

describe('a bucket', () => {
  test('gets a content once, and again only when what it has is old', async () => {
    await using opened = await open();
    const { blobs, store } = opened;
    const puts = (): number => store.requests.filter((request) => request.startsWith('PUT ')).length;
    const stored = await blobs.put(content('once'), 10);
    await blobs.put(content('once'), 10);
    expect(puts()).toBe(1);
    await opened.age(stored.outcome === 'stored' ? stored.hash : '', 13 * 3_600_000);
    await blobs.put(content('once'), 10);
    expect(puts()).toBe(2);
  });

  const mayNot = /^The keys that the runner has may not use the bucket/;
  const wrong: readonly (readonly [string, { options?: Partial<S3Options>; secret?: string }, RegExp])[] = [
    ['is not there', { options: { bucket: 'another' } }, /^The bucket another is not there \(http:/],
    ['lets nobody in with these keys', { secret: 'wrong' }, mayNot],
    ['is of another region', { options: { region: 'us-east-1' } }, mayNot],
    ['cannot be reached', { options: { endpoint: 'http://127.0.0.1:9' } }, /^The store of blobs cannot be reached \(/],
  ];
  test.each(wrong)('that %s is told before the runner takes anything', async (_, { options, secret }, message) => {
    await using store = await startFakeS3();
    withKeys(store, secret);
    const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
    await expect(openS3(optionsFor(store, join(folder, 'incoming'), options))).rejects.toMatchObject({
      name: 'Trouble',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(/\.$/),
    });
    await rm(folder, { recursive: true });
  });

  test('without any keys is told so', async () => {
    await using store = await startFakeS3();
    withKeys(store);
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
    const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
    await expect(openS3(optionsFor(store, join(folder, 'incoming')))).rejects.toMatchObject({
      name: 'Trouble',
      message: `There are no keys for the bucket ${store.bucket}.`,
    });
    await rm(folder, { recursive: true });
  });

  test('that refuses in the middle loses nothing: the same is asked again', async () => {
    await using opened = await open();
    const { blobs, store } = opened;
    store.troubles.push({ status: 404, code: 'NoSuchKey' }, { status: 403, code: 'AccessDenied' });
    await expect(blobs.put(content('again'), 10)).rejects.toMatchObject({ name: 'Trouble' });
    expect([await opened.names(), await opened.leftovers()]).toEqual([[], []]);
    expect(await blobs.put(content('again'), 10)).toMatchObject({ outcome: 'stored' });
  });
});
