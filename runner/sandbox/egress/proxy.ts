import { lookup } from 'node:dns/promises';
import { chmod, chown, open, rm, type FileHandle } from 'node:fs/promises';
import { createServer, request, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type ListenOptions, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { basename, dirname } from 'node:path';
import { pipeline, type Duplex } from 'node:stream';
import { takeHello, wrongName, type Greeting } from './hello.ts';
import { isPublicAddress, mayReach, parseAuthority, parseProxyUrl, type Target } from './rules.ts';

export interface EgressProxyOptions {
  /** Absolute path of the unix socket to listen on; of any length. Null: any free port of loopback. */
  readonly socket: string | null;
  /** Who may connect to the socket; null: the user of this process. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Host names and `*.` patterns. */
  readonly allowed: readonly string[];
  readonly outside?: EgressOutside | undefined;
  /** Whether a tunnel for TLS may go on, by what the client says first; default: it wants the host that the tunnel was opened for. */
  readonly mayGoOn?: (hello: Greeting, target: Target) => boolean;
}

const wantsTarget = (hello: Greeting, { host }: Target): boolean => hello.kind === 'hello' && hello.name === host;

/** How the proxy reaches the world. What `resolve` returns is judged by the proxy's own rules, whoever resolves. */
export interface EgressOutside {
  /** All addresses of a name; rejects when it has none. */
  resolve(host: string): Promise<readonly string[]>;
  /** Begins a connection to an address that passed the rules. */
  dial(address: string, port: number): Socket;
}

const theInternet: EgressOutside = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  dial: (address, port) => connect({ host: address, port }),
};

/** A name server that does not answer and a host that drops packets must not hold a command until its own timeout. */
const connectMs = 15_000;
/** For a client to say whom it wants to talk to, once its tunnel is open. */
const helloMs = 15_000;
/** Both lists are shown to a person; more than this many names tell nothing more, and memory stays bounded. */
const hostsKept = 100;
/** Headers that belong to one connection and not to the message (RFC 9110, section 7.6.1). */
const hopByHop =
  /^(connection|proxy-connection|proxy-authorization|proxy-authenticate|keep-alive|te|trailer|transfer-encoding|upgrade|expect|host)$/i;

const established = 'HTTP/1.1 200 Connection Established\r\n\r\n';

type Route =
  | { readonly outcome: 'open'; readonly address: string }
  | { readonly outcome: 'blocked' }
  | { readonly outcome: 'unreachable' };

/**
 * The only way out of a sandbox: an HTTP proxy for one command.
 * A refused request gets 403 with `x-proxy-error: blocked-by-allowlist`. Names are resolved here, once per connection, and the connection goes to the
 * address that was judged, so that a second answer of the name server changes nothing.
 */
export class EgressProxy implements AsyncDisposable {
  readonly #options: EgressProxyOptions;
  readonly #outside: EgressOutside;
  readonly #server: Server;
  readonly #inner: Server;
  readonly #open = new Set<Duplex>();
  readonly #refused = new Set<string>();
  readonly #reached = new Set<string>();
  /** Of a connection tunnelled to port 80: the target that its requests must name. */
  readonly #tunnelled = new WeakMap<Duplex, Target>();
  /** Of the socket. Open as long as the server, which removes its socket through this descriptor. */
  readonly #folder: FileHandle | null;

  private constructor(options: EgressProxyOptions, folder: FileHandle | null) {
    this.#options = options;
    this.#folder = folder;
    this.#outside = options.outside ?? theInternet;
    this.#server = createServer((incoming, answer) => {
      const asked = parseProxyUrl(incoming.url ?? '');
      if (asked === null) return refuse(answer, 400, 'name the whole URL, as to a proxy');
      this.#attempt(this.#forward({ incoming, answer, ...asked }), answer);
    });
    this.#inner = createServer((incoming, answer) => {
      const target = this.#tunnelled.get(incoming.socket);
      if (target === undefined || !incoming.url?.startsWith('/')) return refuse(answer, 400, 'name a path');
      this.#attempt(this.#forward({ incoming, answer, target, path: incoming.url }), answer);
    });
    this.#server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#attempt(this.#tunnel({ incoming, socket, head }), socket),
    );
    this.#server.on('connection', (socket: Socket) => this.#keep(socket));
    // Read to its end, or what is still on its way would meet a closed socket, and the answer be lost with it.
    this.#server.on('clientError', (_error, socket: Duplex) => {
      if (socket.writable) socket.end(`HTTP/1.1 400 ${STATUS_CODES[400]}\r\nConnection: close\r\n\r\n`);
    });
  }

  /** Listens before it returns. Throws when the socket cannot be made. */
  static async listen(options: EgressProxyOptions): Promise<EgressProxy> {
    const { socket, user } = options;
    if (socket === null) {
      const proxy = new EgressProxy(options, null);
      await listenAt(proxy.#server, { host: '127.0.0.1', port: 0 });
      return proxy;
    }
    // One that a killed worker left.
    await rm(socket, { force: true });
    const folder = await open(dirname(socket), 'r');
    const proxy = new EgressProxy(options, folder);
    // A unix socket's path has at most 107 bytes; through its folder's descriptor it is short wherever the folder lies.
    await listenAt(proxy.#server, { path: `/proc/self/fd/${folder.fd}/${basename(socket)}` });
    await chmod(socket, 0o600);
    if (user !== null) await chown(socket, user.uid, user.gid);
    return proxy;
  }

  /** On loopback; 0 where it listens on a socket. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** `host:port` of what was refused, each once, in order. */
  get refusedHosts(): readonly string[] {
    return [...this.#refused];
  }

  /** `host:port` of what was let through, each once, in order. */
  get reachedHosts(): readonly string[] {
    return [...this.#reached];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const stream of this.#open) stream.destroy();
    await closed;
    if (this.#options.socket !== null) await rm(this.#options.socket, { force: true });
    await this.#folder?.close();
  }

  async #forward({ incoming, answer, target, path }: Forwarding): Promise<void> {
    const named = parseAuthority(incoming.headers.host ?? '', 80);
    if (named === null || named.host !== target.host || named.port !== target.port) {
      this.#record(named ?? target);
      return refuse(answer, 403, `the Host header names another host than ${target.host}`);
    }
    const route = await this.#route(target);
    if (route.outcome === 'blocked') return refuse(answer, 403, blockedText(target));
    if (route.outcome === 'unreachable') return refuse(answer, 502, `${target.host} cannot be resolved`);
    const upstream = request({
      createConnection: () => this.#dial(route.address, target.port),
      method: incoming.method,
      path,
      headers: [
        ...withoutHops(incoming.rawHeaders),
        'host',
        incoming.headers.host ?? target.host,
        'connection',
        'close',
        // A body sent without its framing would be read as another request, one that nobody judged.
        ...(incoming.headers['transfer-encoding'] === undefined ? [] : ['transfer-encoding', 'chunked']),
      ],
    });
    upstream.on('response', (response) => {
      // Node's own parser lets through what its writer refuses: a status of 000, control characters.
      if (!began(answer, response)) {
        response.destroy();
        return refuse(answer, 502, `${target.host} answered with what is no HTTP`);
      }
      pipeline(response, answer, () => {});
    });
    upstream.on('error', () => refuse(answer, 502, `${target.host} cannot be reached`));
    // An answer that switches to a protocol which nobody asked for ends here, without an error.
    upstream.on('close', () => {
      if (!answer.headersSent) refuse(answer, 502, `${target.host} gave no answer`);
    });
    answer.on('close', () => upstream.destroy());
    pipeline(incoming, upstream, () => {});
  }

  /** Whatever is thrown while somebody is served concerns that one alone: the worker's process is the proxy's. */
  #attempt(serving: Promise<void>, to: ServerResponse | Duplex): void {
    serving.catch(() => {
      to.destroy();
    });
  }

  async #tunnel({
    incoming,
    socket,
    head,
  }: {
    incoming: IncomingMessage;
    socket: Duplex;
    head: Buffer;
  }): Promise<void> {
    socket.on('error', () => socket.destroy());
    const target = parseAuthority(incoming.url ?? '');
    if (target === null) return refuseTunnel(socket, 400, 'name host:port');
    const route = await this.#route(target);
    if (route.outcome === 'blocked') return refuseTunnel(socket, 403, blockedText(target));
    if (route.outcome === 'unreachable') return refuseTunnel(socket, 502, `${target.host} cannot be resolved`);
    if (target.port === 80) return this.#readTunnel(socket, head, target);
    const upstream = this.#dial(route.address, target.port);
    const unreachable = (): void => refuseTunnel(socket, 502, `${target.host} cannot be reached`);
    upstream.once('error', unreachable);
    upstream.once('connect', () => {
      upstream.off('error', unreachable).on('error', () => socket.destroy());
      socket.write(established);
      this.#attempt(this.#passTls({ socket, head, upstream, target }), socket);
    });
    socket.on('close', () => upstream.destroy());
  }

  /** A tunnel to port 443 is for TLS to the host that it was opened for: the name that the client wants there must be that one. Until then no byte goes out. */
  async #passTls({ socket, head, upstream, target }: TlsTunnel): Promise<void> {
    // Who answers before it was asked speaks no TLS, and one that is gone will not.
    const early = new AbortController();
    const onEarly = (): void => early.abort();
    upstream.once('data', onEarly).once('close', onEarly);
    const until = AbortSignal.any([early.signal, AbortSignal.timeout(helloMs)]);
    const { hello, bytes } = await takeHello(socket, head, until);
    upstream.off('data', onEarly).off('close', onEarly).pause();
    if (!(this.#options.mayGoOn ?? wantsTarget)(hello, target)) {
      const name = hello.kind === 'hello' ? hello.name : null;
      this.#record({ host: name !== null && isHostName(name) ? name : target.host, port: target.port });
      upstream.destroy();
      return void socket.end(hello.kind === 'hello' ? wrongName : undefined);
    }
    upstream.write(bytes);
    socket.pipe(upstream).pipe(socket);
  }

  /** A tunnel to port 80 carries readable requests, so each is held to the tunnel's host like any other. */
  #readTunnel(socket: Duplex, head: Buffer, target: Target): void {
    this.#tunnelled.set(socket, target);
    socket.write(established);
    if (head.length > 0) socket.unshift(head);
    this.#inner.emit('connection', socket);
  }

  async #route(target: Target): Promise<Route> {
    if (!mayReach(target, this.#options.allowed)) return this.#block(target);
    const addresses = await this.#outside.resolve(target.host).catch(() => []);
    const [address] = addresses;
    if (address === undefined) return { outcome: 'unreachable' };
    // One address out of place and none is used: such answers are made to slip through a check of the first.
    const own = ownAddresses();
    if (!addresses.every((each) => isPublicAddress(each) && !own.has(each))) return this.#block(target);
    // On record before a byte goes out.
    if (this.#reached.size < hostsKept) this.#reached.add(`${target.host}:${target.port}`);
    return { outcome: 'open', address };
  }

  #block(target: Target): Route {
    this.#record(target);
    return { outcome: 'blocked' };
  }

  #record({ host, port }: Target): void {
    if (this.#refused.size < hostsKept) this.#refused.add(`${host}:${port}`);
  }

  #dial(address: string, port: number): Socket {
    const socket = this.#outside.dial(address, port);
    this.#keep(socket);
    socket.setTimeout(connectMs, () =>
      socket.connecting ? socket.destroy(new Error('connect timed out')) : undefined,
    );
    socket.once('connect', () => socket.setTimeout(0));
    return socket;
  }

  #keep(stream: Duplex): void {
    this.#open.add(stream);
    stream.once('close', () => this.#open.delete(stream));
  }
}

interface Forwarding {
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  readonly target: Target;
  readonly path: string;
}

interface TlsTunnel {
  readonly socket: Duplex;
  /** What came along with the request for the tunnel. */
  readonly head: Buffer;
  readonly upstream: Socket;
  readonly target: Target;
}

const isHostName = (name: string): boolean => parseAuthority(name, 443) !== null;

const blockedText = ({ host, port }: Target): string => `${host}:${port} is blocked by the allowlist of this run`;

const errorHeaders = (status: number): Record<string, string> => ({
  'content-type': 'text/plain; charset=utf-8',
  connection: 'close',
  ...(status === 403 ? { 'x-proxy-error': 'blocked-by-allowlist' } : {}),
});

/** Once an answer has begun, all that can be said is that it does not come to its end. */
function refuse(answer: ServerResponse, status: number, text: string): void {
  if (answer.headersSent) return void answer.destroy();
  // With a reason of ours: the one that was tried before would stay.
  answer.writeHead(status, STATUS_CODES[status], errorHeaders(status)).end(`${text}\n`);
}

/** False: this cannot be passed on. */
function began(answer: ServerResponse, { statusCode, statusMessage, rawHeaders }: IncomingMessage): boolean {
  try {
    answer.writeHead(statusCode ?? 502, statusMessage ?? '', withoutHops(rawHeaders));
    return true;
  } catch {
    return false;
  }
}

function refuseTunnel(socket: Duplex, status: number, text: string): void {
  const headers = Object.entries(errorHeaders(status)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('')}\r\n${text}\n`);
}

function withoutHops(rawHeaders: readonly string[]): string[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && !hopByHop.test(name) ? [name, rawHeaders[index + 1] ?? ''] : [],
  );
}

/** This machine under its public addresses is as private as on loopback. */
function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)));
}

function listenAt(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
