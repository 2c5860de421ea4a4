import {
  createTRPCClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
  type TRPCClient,
} from '@trpc/client';
import { EventSource } from 'eventsource';
import { z } from 'zod';
import type { ApiRouter } from '../api/router.ts';
import { BlobHash } from '../run/artifacts.ts';
import { straightFetch } from './straight-fetch.ts';

export interface Endpoint {
  /** Base URL of the runner, without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

/** Opens no connection; the first call does. */
export const clientOf = (endpoint: Endpoint): TRPCClient<ApiRouter> => {
  const authorization = `Bearer ${endpoint.token}`;
  const url = `${endpoint.url}/trpc`;
  return createTRPCClient<ApiRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => straightFetch(input, { ...init, headers: { ...init.headers, authorization } }),
          },
        }),
        false: httpLink({ url, headers: { authorization }, fetch: straightFetch }),
      }),
    ],
  });
};

/** A blob that a run may read, as it is; null: it has none of that name. Throws what `fetch` throws. */
export const readBlob = async (
  endpoint: Endpoint,
  { run, hash }: { readonly run: string; readonly hash: string },
): Promise<Uint8Array | null> => {
  const answer = await straightFetch(`${endpoint.url}/blobs/${hash}?run=${run}`, {
    headers: { authorization: `Bearer ${endpoint.token}` },
  });
  if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  await answer.body?.cancel();
  return null;
};

const Stored = z.object({ hash: BlobHash });
/** The runner's answers outside of procedures have tRPC's own shape. */
const ErrorAnswer = z.object({
  error: z.object({ message: z.string(), code: z.number(), data: z.looseObject({ code: z.string() }) }),
});

/** Uploads content to delegate on; gives its name. Throws TRPCClientError, as a procedure would. */
export const writeBlob = async ({ url, token }: Endpoint, body: NonNullable<RequestInit['body']>): Promise<string> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
  // What comes as a stream is sent before there is an answer, and has to say so.
  const request = { method: 'PUT', headers, body, duplex: 'half' as const };
  try {
    const answer = await straightFetch(`${url}/blobs`, request);
    const said: unknown = await answer.json();
    const stored = Stored.safeParse(said);
    if (answer.ok && stored.success) return stored.data.hash;
    throw TRPCClientError.from(ErrorAnswer.parse(said));
  } catch (error) {
    throw error instanceof TRPCClientError ? error : TRPCClientError.from(error as Error); // safe: fetch and zod throw nothing else
  }
};
