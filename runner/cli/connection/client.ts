import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TRPCClientError, type TRPCClient } from '@trpc/client';
import { z } from 'zod';
import type { ApiRouter } from '../../../shared/api/router.ts';
import { clientOf, readBlob, type Endpoint } from '../../../shared/client/client.ts';
import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import { BlobHash } from '../../../shared/run/artifacts.ts';

/** A runner as a client sees it. Calls throw what `problemOf` makes sentences of. */
export interface Api {
  readonly endpoint: Endpoint;
  readonly call: TRPCClient<ApiRouter>;
  /** A blob that a run may read, as it is; null: it has none of that name. */
  blob(run: string, hash: string): Promise<Uint8Array | null>;
  /** The same into a file, however large; false: the run has none of that name. */
  download(run: string, hash: string, file: string): Promise<boolean>;
  /** Uploads a file to delegate on; gives the name of its content. `onProgress` is told the bytes sent so far. */
  upload(file: string, onProgress: (sent: number) => void): Promise<string>;
}

/** Opens no connection; the first call does. */
export const connect = (endpoint: Endpoint): Api => {
  const authorization = `Bearer ${endpoint.token}`;
  const download = async (run: string, hash: string, file: string): Promise<boolean> => {
    const answer = await straightFetch(`${endpoint.url}/blobs/${hash}?run=${run}`, { headers: { authorization } });
    if (answer.ok && answer.body !== null) {
      await pipeline(Readable.fromWeb(answer.body), createWriteStream(file, { mode: 0o600 }));
      return true;
    }
    await answer.body?.cancel();
    return false;
  };
  const upload = async (file: string, onProgress: (sent: number) => void): Promise<string> => {
    let sent = 0;
    const body = createReadStream(file).on('data', (chunk) => onProgress((sent += chunk.length)));
    try {
      const answer = await straightFetch(`${endpoint.url}/blobs`, {
        method: 'PUT',
        headers: { authorization, 'content-type': 'application/octet-stream' },
        body: Readable.toWeb(body),
        duplex: 'half',
      });
      const said: unknown = await answer.json();
      const stored = Stored.safeParse(said);
      if (answer.ok && stored.success) return stored.data.hash;
      throw TRPCClientError.from(ErrorAnswer.parse(said));
    } catch (error) {
      throw error instanceof TRPCClientError ? error : TRPCClientError.from(error as Error); // safe: fetch and zod throw nothing else
    } finally {
      body.destroy();
    }
  };
  return {
    endpoint,
    call: clientOf(endpoint),
    blob: (run, hash) => readBlob(endpoint, { run, hash }),
    download,
    upload,
  };
};

const Stored = z.object({ hash: BlobHash });
/** The runner's answers outside of procedures have tRPC's own shape. */
const ErrorAnswer = z.object({
  error: z.object({ message: z.string(), code: z.number(), data: z.looseObject({ code: z.string() }) }),
});
