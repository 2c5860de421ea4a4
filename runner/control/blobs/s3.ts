import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type * as S3 from '@aws-sdk/client-s3';
import { z } from 'zod';
import { Trouble } from '../../../shared/trouble.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { blobsIn, checkName, type Blobs } from './blobs.ts';

type Bucket = Extract<RunnerConfig['blobs'], { kind: 's3' }>;

export interface S3Options extends Omit<Bucket, 'kind'> {
  /** A folder of its own. */
  readonly incoming: string;
}

/** One PUT takes up to 5 GB (docs.aws.amazon.com, "Uploading objects"). */
export const mostBytes = 5 * 10 ** 9;

/** An object that is there is not written again while it is younger: whoever removes old ones spares it. */
const freshMs = 12 * 3_600_000;
const connectMs = 10_000;
/** Silence in the middle of a transfer. */
const idleMs = 60_000;
const silent = (): void => {};

/**
 * Blobs in a bucket, each under its prefix and hash. The store compares what it is sent with that hash, and what it gives is
 * compared here. Throws Trouble where the bucket is not there or may not be used.
 */
export const openS3 = async (options: S3Options): Promise<Blobs> => {
  const { bucket } = options;
  const sdk = await loadSdk();
  const client = new sdk.S3Client({
    region: options.region,
    ...(options.endpoint === null ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.forcePathStyle,
    // The one checksum that is sent is the blob's own name; others are in the way of stores that know fewer of them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // What goes wrong is thrown, and said there.
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    requestHandler: { connectionTimeout: connectMs, requestTimeout: idleMs, throwOnRequestTimeout: true },
  });
  const at = (hash: string) => ({ Bucket: bucket, Key: `${options.prefix}${checkName(hash)}` });
  const asked = async <Answer>(asking: Promise<Answer>): Promise<Answer> => {
    try {
      return await asking;
    } catch (error) {
      throw blobError(error, options);
    }
  };
  const found = async (hash: string): Promise<{ readonly bytes: number; readonly changedMs: number } | null> => {
    try {
      const head = await client.send(new sdk.HeadObjectCommand(at(hash)));
      return { bytes: head.ContentLength ?? 0, changedMs: head.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return null;
      throw blobError(error, options);
    }
  };
  await asked(checkBucket(client, sdk, bucket));
  return blobsIn(options.incoming, {
    found,
    keep: async (draft, { hash, bytes }) => {
      const there = await found(hash);
      if (there?.bytes === bytes && there.changedMs > Date.now() - freshMs) return;
      const sent = new sdk.PutObjectCommand({
        ...at(hash),
        Body: createReadStream(draft),
        ContentLength: bytes,
        ContentType: 'application/octet-stream',
        ChecksumSHA256: Buffer.from(hash, 'hex').toString('base64'),
      });
      await asked(client.send(sent));
    },
    open: async (hash) => {
      const { Body } = await asked(client.send(new sdk.GetObjectCommand(at(hash))));
      if (Body instanceof Readable) return Body;
      throw new Error(`the store gave no content for blob ${hash}`);
    },
    remove: (hash) => asked(client.send(new sdk.DeleteObjectCommand(at(hash)))),
  });
};

/** Loaded only where a bucket is configured: it is large, and not every installation has it. */
type Sdk = Pick<
  typeof S3,
  | 'S3Client'
  | 'HeadObjectCommand'
  | 'GetObjectCommand'
  | 'PutObjectCommand'
  | 'DeleteObjectCommand'
  | 'ListObjectsV2Command'
>;

const loadSdk = (): Promise<Sdk> =>
  import('@aws-sdk/client-s3').catch((error: unknown) => {
    throw new Trouble('This installation cannot keep blobs in a bucket: @aws-sdk/client-s3 is missing.', {
      remedy:
        'Run the runner from the npm package, which brings it, or keep blobs in the home (blobs: { kind: folder }).',
      cause: error,
    });
  });

const checkBucket = (client: S3.S3Client, sdk: Sdk, bucket: string) =>
  client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }));

const Answered = z.object({ $metadata: z.object({ httpStatusCode: z.int().optional() }) });
const statusOf = (error: unknown): number | null => Answered.safeParse(error).data?.$metadata.httpStatusCode ?? null;
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** What the store's refusal means, and what to do about it. */
const blobError = (error: unknown, { bucket, endpoint, region }: S3Options): Trouble => {
  const where = endpoint ?? `S3 in ${region}`;
  const status = statusOf(error);
  const said = error instanceof Error ? `${nameOf(error)}: ${error.message || codeOf(error)}` : String(error);
  if (nameOf(error) === 'NoSuchBucket' || status === 404)
    return new Trouble(`The bucket ${bucket} is not there (${where}).`, {
      remedy: 'Make it, or correct blobs.bucket, blobs.region and blobs.endpoint.',
      cause: error,
    });
  if (nameOf(error) === 'CredentialsProviderError')
    return new Trouble(`There are no keys for the bucket ${bucket}.`, {
      remedy:
        'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where the runner is started, or give its machine a role.',
      cause: error,
    });
  if (status === 401 || status === 403)
    return new Trouble(`The keys that the runner has may not use the bucket ${bucket} (${said}).`, {
      remedy: 'Allow s3:ListBucket on it, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it.',
      cause: error,
    });
  if (status === null)
    return new Trouble(`The store of blobs cannot be reached (${where}: ${said}).`, {
      remedy: 'Check blobs.endpoint and the network; what was asked for can be asked again.',
      cause: error,
    });
  return new Trouble(`The store of blobs refused (${where}, ${status}: ${said}).`, {
    remedy: 'See what it says; what was asked for can be asked again.',
    cause: error,
  });
};
