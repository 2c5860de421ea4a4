/** A request that a server wanted to send on. The message says from where and where to, without queries: they may be secret. */
export class RedirectedError extends Error {
  override readonly name = 'RedirectedError';
}

/** Where an answer sends its request; null: nowhere. Without a query, and with nothing that an address cannot have. */
export const redirectOf = (
  { status, headers }: { readonly status: number; readonly headers: Pick<Headers, 'get'> | undefined },
  from: string,
): string | null => {
  if (status < 300 || status > 399 || status === 304) return null;
  const url = URL.parse(headers?.get('location') ?? '', from);
  return url === null ? 'nowhere' : `${url.origin}${url.pathname}`.slice(0, 300);
};

/** As clients of several kinds say it. */
type Asked = Omit<RequestInit, 'signal'> & { readonly signal?: AbortSignal | null | undefined };

/**
 * `fetch` for what carries a credential: a redirect is never followed, for what was sent would go to whom nobody named. Throws
 * RedirectedError for one, else what `fetch` throws.
 */
export const straightFetch = async (input: string | URL | Request, init: Asked = {}): Promise<Response> => {
  const { signal, ...rest } = init;
  const answer = await fetch(input, { ...rest, ...(signal ? { signal } : {}), redirect: 'manual' });
  const from = input instanceof Request ? input.url : String(input);
  // Some runtimes hide what such an answer says.
  const to = answer.type === 'opaqueredirect' ? 'another address' : redirectOf(answer, from);
  if (to === null) return answer;
  await answer.body?.cancel();
  throw new RedirectedError(
    `${new URL(from).origin} sends requests on to ${to}, which was not asked: nobody named it.`,
  );
};
