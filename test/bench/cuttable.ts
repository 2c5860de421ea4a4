import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A line to a server that can be cut: both ends see their connection reset, and a new one goes through. */
export class CuttableLine implements AsyncDisposable {
  readonly url: string;
  readonly #sockets: Set<Socket>;
  readonly #close: () => void;

  private constructor(url: string, sockets: Set<Socket>, close: () => void) {
    this.url = url;
    this.#sockets = sockets;
    this.#close = close;
  }

  static async to(url: string): Promise<CuttableLine> {
    const { hostname, port } = new URL(url);
    const sockets = new Set<Socket>();
    const keep = (socket: Socket, other: Socket): void => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    };
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      keep(near, far);
      keep(far, near);
      near.pipe(far);
      far.pipe(near);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as AddressInfo; // safe: it listens on TCP
    return new CuttableLine(`http://127.0.0.1:${address.port}`, sockets, () => server.close());
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    this.cut();
  }
}
