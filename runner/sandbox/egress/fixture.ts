import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect } from 'node:tls';

/** What a client of TLS sends first when it wants this server, as it came; an empty name: it names none. */
export async function clientHello(server: string): Promise<Buffer> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  // safe: it listens on TCP
  const { port } = listener.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ...(server === '' ? {} : { servername: server }) });
  client.on('error', () => {});
  // safe: what a server's event carries
  const [accepted] = (await once(listener, 'connection')) as [Socket];
  // safe: no encoding is set
  const [bytes] = (await once(accepted, 'data')) as [Buffer];
  client.destroy();
  accepted.destroy();
  listener.close();
  return bytes;
}
