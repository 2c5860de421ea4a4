import type { ErrorAnswer } from './errors.ts';

export interface GuardOptions {
  /** Host names that requests may be addressed to, besides the loopback ones. Lower case, without port. */
  readonly hosts: readonly string[];
  /** Web pages that may call, as origins. */
  readonly origins: readonly string[];
}

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses what a web page could send in its visitor's name. A page that had its own name resolved to this machine (DNS
 * rebinding) gives itself away by the Host header, every other page by its Origin. Null: go on.
 */
export const guard = (
  { hosts, origins }: GuardOptions,
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
): ErrorAnswer | null => {
  const host = hostName(headers.host ?? '');
  if (host === null || !(loopback.has(host) || hosts.includes(host)))
    return {
      status: 421,
      code: 'FORBIDDEN',
      message: 'This runner is not what that host name stands for. Set server.publicUrl if it should be.',
    };
  if (headers.origin !== undefined && !origins.includes(headers.origin))
    return { status: 403, code: 'FORBIDDEN', message: 'Web pages may not call this runner. See server.origins.' };
  return null;
};

/** `localhost:80` is `localhost`; what is no host and port is null. */
export const hostName = (host: string): string | null =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(host.toLowerCase())?.[1] ?? null;
