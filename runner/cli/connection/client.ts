import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TRPCClient } from '@trpc/client';
import type { ApiRouter } from '../../../shared/api/router.ts';
import { clientOf, readBlob, writeBlob, type Endpoint } from '../../../shared/client/client.ts';
import { straightFetch } from '../../../shared/client/straight-fetch.ts';

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
      return await writeBlob(endpoint, Readable.toWeb(body));
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
