import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, type TRPCClient } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { ApiRouter } from '../../shared/api/router.ts';

export interface Endpoint {
  /** Base URL of the runner, without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

/** A runner as a client sees it. Calls throw what `problemOf` makes sentences of. */
export interface Api {
  readonly endpoint: Endpoint;
  readonly call: TRPCClient<ApiRouter>;
  /** A blob that a run may read, as it is; null: it has none of that name. */
  blob(run: string, hash: string): Promise<Uint8Array | null>;
}

/** Opens no connection; the first call does. */
export const connect = (endpoint: Endpoint): Api => {
  const authorization = `Bearer ${endpoint.token}`;
  const url = `${endpoint.url}/trpc`;
  const call = createTRPCClient<ApiRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization } }),
          },
        }),
        false: httpLink({ url, headers: { authorization } }),
      }),
    ],
  });
  const blob = async (run: string, hash: string): Promise<Uint8Array | null> => {
    const answer = await fetch(`${endpoint.url}/blobs/${hash}?run=${run}`, { headers: { authorization } });
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    await answer.body?.cancel();
    return null;
  };
  return { endpoint, call, blob };
};
