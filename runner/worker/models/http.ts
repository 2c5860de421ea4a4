import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';

/** A connection that is not there by then is not going to be. */
const connectMs = 30_000;

/** Never through a proxy: a local server is nobody else's business, and a proxy's loopback is another machine's. */
const loopback = ['localhost', '127.0.0.1', '[::1]', '::1'];

/**
 * Through the proxy that HTTPS_PROXY and HTTP_PROXY name, but for NO_PROXY and this machine. Node's own fetch gives up on headers and on
 * a silent body after 300 s, whatever is configured; how long an endpoint may be silent is for our watchdog alone.
 */
const dispatcher = (env: NodeJS.ProcessEnv): EnvHttpProxyAgent =>
  new EnvHttpProxyAgent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectMs },
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
    noProxy: [env['no_proxy'] ?? env['NO_PROXY'] ?? '', ...loopback].filter((part) => part !== '').join(','),
  });

/** `fetch` for model endpoints, by the variables of `env`, which are read at the first request. @internal */
export const fetchBy = (env: NodeJS.ProcessEnv): typeof fetch => {
  let shared: EnvHttpProxyAgent | null = null;
  return async (input, init) => {
    shared ??= dispatcher(env);
    // safe: undici is what Node's own fetch is made of; only the declarations are two
    const answer: unknown = await undiciFetch(
      input as Parameters<typeof undiciFetch>[0],
      { ...init, redirect: 'manual', dispatcher: shared } as Parameters<typeof undiciFetch>[1], // safe: as above
    );
    return answer as Response; // safe: as above
  };
};

/** `fetch` for model endpoints: without hidden limits, by way of the proxy of this machine, and to nobody else: a redirect is an answer. */
export const endpointFetch: typeof fetch = fetchBy(process.env);
