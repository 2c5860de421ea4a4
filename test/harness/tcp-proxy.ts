import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * What becomes of a piece that a client sent: it goes on; or the connection is cut before it does; or it goes on, and the
 * connection is cut when the answer comes, which the client never gets; or neither it nor anything after it goes on, and
 * nobody is told.
 */
export type Fate = 'pass' | 'cut' | 'lose the answer' | 'hang';

/** Stands between clients and a server on loopback: lets a test cut connections, and move clients to another server. */
export class TcpProxy implements AsyncDisposable {
  /** The port that new connections go to. */
  target: number;
  fateOf: (piece: Buffer) => Fate = () => 'pass';
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server = createServer((client) => this.#join(client));

  private constructor(target: number) {
    this.target = target;
  }

  static async to(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // safe: it listens on TCP
  }

  /** Cuts every connection that there is. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Cuts every connection towards its client alone: the server goes on thinking that it has it. */
  forsake(): void {
    for (const [client] of this.#pairs) {
      client.removeAllListeners('close');
      client.resetAndDestroy();
    }
  }

  #join(client: Socket): void {
    const onward = connect(this.target, '127.0.0.1');
    const pair = [client, onward] as const;
    this.#pairs.add(pair);
    let deaf = false;
    let hung = false;
    const end = (): void => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (piece) => {
      const fate = this.fateOf(piece);
      if (fate === 'cut') return end();
      deaf ||= fate === 'lose the answer';
      hung ||= fate === 'hang';
      if (!hung) onward.write(piece);
    });
    onward.on('data', (piece) => {
      if (deaf) end();
      else client.write(piece);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
  }
}
