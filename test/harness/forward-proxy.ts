import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';

// safe: a server that listens on TCP has such an address
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A proxy on loopback, as companies have one: tunnels for HTTPS, and requests for plain HTTP. Every name leads to one port here. */
export class ForwardProxy implements AsyncDisposable {
  /** `CONNECT host:port`, or the method and the whole URL, in order. */
  readonly requests: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((incoming, outgoing) => {
    this.requests.push(`${incoming.method} ${incoming.url}`);
    const { pathname, search } = new URL(incoming.url ?? '/');
    const { method, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: this.#target, path: `${pathname}${search}`, method, headers });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  readonly #target: number;

  private constructor(target: number) {
    this.#target = target;
    this.#server.on('connect', ({ url }, client: Socket) => {
      this.requests.push(`CONNECT ${url}`);
      const there = connect(this.#target, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(there).pipe(client);
      });
      for (const [end, other] of [[client, there] as const, [there, client] as const]) {
        this.#sockets.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => this.#sockets.delete(end));
      }
    });
  }

  static async to(target: number): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** The same server behind TLS, with the certificate of a name that an authority of its own has signed. */
export const behindTls = async (
  plainUrl: string,
  { name, folder }: { readonly name: string; readonly folder: string },
) => {
  const file = (ending: string) => path.join(folder, `${name}.${ending}`);
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      ...subject,
    ].concat(['-keyout', file('key'), '-out', file('crt')]),
    { stdio: 'ignore' },
  );
  const { port: target } = new URL(plainUrl);
  const server = createTlsServer(
    { key: readFileSync(file('key')), cert: readFileSync(file('crt')) },
    (incoming, outgoing) => {
      const { method, headers, url } = incoming;
      const onward = request({ host: '127.0.0.1', port: target, path: url, method, headers });
      onward.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    authority: file('crt'),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
