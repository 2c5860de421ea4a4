import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { projectRoot } from './rig.ts';

/** The one name that commands can reach, and an address of the public internet that it has for the egress proxy. */
export const outsideHost = 'outside.example.test';
const publicAddress = '93.184.216.34';

/** A server that commands reach through the egress proxy. It counts what it is sent, and nothing brings that back. */
export class OutsideServer implements AsyncDisposable {
  /** Paths, in the order in which they came. */
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(({ url = '' }, response) => {
      this.requests.push(url);
      response.end('counted\n');
    });
  }

  static async start(): Promise<OutsideServer> {
    const outside = new OutsideServer();
    outside.#server.listen(0, '127.0.0.1');
    await once(outside.#server, 'listening');
    return outside;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // safe: it listens on TCP
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/**
 * The built program in a folder, with one difference: what it looks up and dials for the name outside is the server on loopback. Its
 * own rules for what may be reached hold as they do in earnest, workers included.
 */
export const programReaching = async (folder: string, { port }: OutsideServer): Promise<void> => {
  const built = path.join(projectRoot, 'dist');
  const dist = path.join(folder, 'dist');
  await mkdir(dist, { recursive: true });
  for (const name of await readdir(built))
    if (name !== 'longhaul.mjs') await cp(path.join(built, name), path.join(dist, name), { recursive: true });
  for (const name of ['node_modules', 'package.json'])
    await symlink(path.join(projectRoot, name), path.join(folder, name));
  await writeFile(path.join(dist, 'outside.mjs'), patch(port));
  const text = await readFile(path.join(built, 'longhaul.mjs'), 'utf8');
  await writeFile(path.join(dist, 'longhaul.mjs'), text.replace(/^(#!.*\n)?/, "$1import './outside.mjs';\n"));
};

const patch = (port: number): string => `
import dns from 'node:dns/promises';
import net from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
const { lookup } = dns;
dns.lookup = (name, options) =>
  name === '${outsideHost}' ? Promise.resolve([{ address: '${publicAddress}', family: 4 }]) : lookup(name, options);
const { connect } = net;
net.connect = (options, ...rest) =>
  options?.host === '${publicAddress}' ? connect({ host: '127.0.0.1', port: ${port} }) : connect(options, ...rest);
syncBuiltinESMExports();
`;
