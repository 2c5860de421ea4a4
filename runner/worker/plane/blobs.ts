import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Ticket } from '../../../shared/api/worker-api.ts';
import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import { BlobHash } from '../../../shared/run/artifacts.ts';
import type { Hold } from '../run/ports/hold.ts';
import { BlobMissing, type Blobs } from '../run/ports/ports.ts';
import type { Insist } from './insist.ts';

const Stored = z.object({ hash: BlobHash });

interface BlobsOptions {
  readonly insist: Insist;
  readonly hold: Hold;
  readonly signal: AbortSignal;
}

/** The blobs of a run, over HTTP. */
export const blobsOf = ({ url, token }: Ticket, { insist, hold, signal }: BlobsOptions): Blobs => {
  const headers = { authorization: `Bearer ${token}` };
  const put = (body: Blob, query: string): Promise<BlobHash> =>
    insist(async ({ within }) => {
      const response = await straightFetch(`${url}/blobs${query}`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body,
        signal: within(body.size),
      });
      if (response.status >= 500) throw new TypeError(`the control plane answered ${response.status} to a blob`);
      if (!response.ok)
        throw new Error(
          `the control plane refused a blob of ${body.size} bytes: ${response.status} ${await response.text()}`,
        );
      return Stored.parse(await response.json()).hash;
    });

  return {
    put: (content) => put(new Blob([new Uint8Array(content)]), ''),
    putFile: async (file, use) => put(await openAsBlob(file), `?use=${use}`),
    get: (hash, file) =>
      insist(async () => {
        using silence = new Silence(hold.requestMs);
        const limits = AbortSignal.any([signal, silence.signal]);
        const response = await straightFetch(`${url}/blobs/${hash}`, { headers, signal: limits });
        if (response.status >= 500) throw new TypeError(`the control plane answered ${response.status} to a blob`);
        if (!response.ok || response.body === null)
          throw new BlobMissing(`The control plane has no blob ${hash} for this run (${response.status}).`);
        const content = Readable.fromWeb(response.body);
        content.on('data', () => silence.broken());
        await pipeline(content, checked(hash), createWriteStream(file, { mode: 0o600 }));
      }),
  };
};

/** Fires when nothing came for so long: what comes may be of any length. */
class Silence implements Disposable {
  readonly #limit = new AbortController();
  readonly #timer: NodeJS.Timeout;
  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#limit.abort(new DOMException('nothing came', 'TimeoutError')), ms);
  }
  get signal(): AbortSignal {
    return this.#limit.signal;
  }
  broken(): void {
    this.#timer.refresh();
  }
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Passes a blob on, and fails at its end if it is not what its name says. A download that was cut off is worth another. */
const checked = (hash: string): Transform => {
  const digest = createHash('sha256');
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      digest.update(chunk);
      done(null, chunk);
    },
    flush: (done) => {
      done(digest.digest('hex') === hash ? null : new TypeError(`what came as blob ${hash} is another content`));
    },
  });
};
