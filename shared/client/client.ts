import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, type TRPCClient } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { ApiRouter } from '../api/router.ts';
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
