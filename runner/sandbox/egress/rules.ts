import { BlockList, isIP } from 'node:net';

/** Host and port that a client asks for. The host is in lower case. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Ports of HTTP and HTTPS; nothing else goes out. */
const ports = [80, 443];

/** Whether the rules of a run let this target be looked up at all. An address is never let through: only names can be on the list. */
export function mayReach({ host, port }: Target, allowed: readonly string[]): boolean {
  if (isIP(host) !== 0 || host.startsWith('[') || !ports.includes(port)) return false;
  return allowed.some((entry) => matches(host, entry.toLowerCase()));
}

/** `*.example.org` stands for every name below example.org, at any depth, and not for example.org itself. */
function matches(host: string, entry: string): boolean {
  return entry.startsWith('*.') ? host.endsWith(entry.slice(1)) && host.length > entry.length - 1 : host === entry;
}

/** Ranges that are not the public internet: IANA's special-purpose registry for IPv4, with multicast and the reserved top. */
const notPublicRanges4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** All that is public in IPv6 lies in 2000::/3; of that, ranges for documentation and those that carry an IPv4 address are not. */
const publicRange6 = '2000::/3';
const notPublicRanges6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const notPublic4 = blockList(notPublicRanges4, 'ipv4');
const public6 = blockList([publicRange6], 'ipv6');
const notPublic6 = blockList(notPublicRanges6, 'ipv6');

/** Whether an address lies in the public internet. Loopback, private, link-local and metadata addresses do not, nor an IPv4 address inside an IPv6 one. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic4.check(address, 'ipv4');
  return family === 6 && !address.includes('%') && public6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}

function blockList(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

/** Reads `host:port` or `[v6]:port`, as CONNECT carries it and, with `defaultPort`, as a Host header does. Null: not of that form. */
export function parseAuthority(authority: string, defaultPort?: number): Target | null {
  const [, host, port = defaultPort] =
    /^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i.exec(authority) ?? [];
  return host === undefined || port === undefined ? null : { host: host.toLowerCase(), port: Number(port) };
}

/** The target of a plain HTTP request that names its URL in full, as clients of a proxy must. Null: it does not. */
export function parseProxyUrl(text: string): { readonly target: Target; readonly path: string } | null {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'http:' || !/^http:\/\//i.test(text)) return null;
  return { target: { host: url.hostname, port: Number(url.port || 80) }, path: url.pathname + url.search };
}
