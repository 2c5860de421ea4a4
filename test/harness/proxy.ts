import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProxyRule {
  /** Called with each append of a worker, in order, before it goes on. `drop`: it never does. */
  readonly before: (append: number) => Promise<'pass' | 'drop'>;
  /** Called once the control plane has answered it. `drop`: the worker never hears of it. */
  readonly after: (append: number) => Promise<'pass' | 'drop'>;
}

export interface Rewrite {
  /** Of a request's path and query. */
  readonly path?: (path: string) => string;
  readonly request?: (body: string, path: string) => string;
  readonly answer?: (body: string, path: string) => string;
}

/** Stands between the workers and the control plane, and lets a test crash either at an exact place in the log. */
export class AppendProxy implements AsyncDisposable {
  /** Where the control plane is now. */
  target = '';
  rule: ProxyRule | null = null;
  /** Each once, however often a worker had to send it. */
  appends = 0;
  /** What either side is made to say instead: as one of another version would. */
  rewrite: Rewrite = {};
  readonly #numbers = new Map<string, number>();
  readonly #server = createServer((incoming, outgoing) => {
    void this.#pass(incoming, outgoing);
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // safe: it listens on TCP
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer); // safe: no encoding is set
    const isAppend = incoming.url?.includes('worker.append') === true;
    const number = isAppend ? this.#numberOf(Buffer.concat(chunks).toString()) : 0;
    if (isAppend && (await this.rule?.before(number)) === 'drop') return void outgoing.destroy();
    try {
      const { status, headers, body } = await this.#forwarded(incoming, Buffer.concat(chunks));
      if (isAppend && (await this.rule?.after(number)) === 'drop') return void outgoing.destroy();
      outgoing.writeHead(status, headers).end(body);
    } catch {
      outgoing.destroy();
    }
  }

  #numberOf(body: string): number {
    // safe: only workers append, and that is how they do
    const { activation, batch } = JSON.parse(body) as { readonly activation: string; readonly batch: number };
    const key = `${activation} ${batch}`;
    const number = this.#numbers.get(key) ?? (this.appends += 1);
    this.#numbers.set(key, number);
    return number;
  }

  async #forwarded(incoming: IncomingMessage, body: Buffer) {
    const { path, request: rewritten, answer } = this.rewrite;
    const asked = incoming.url ?? '/';
    incoming.url = path?.(asked) ?? asked;
    const given = rewritten === undefined ? body : Buffer.from(rewritten(body.toString(), asked));
    if (given !== body) incoming.headers['content-length'] = String(given.length);
    const answered = await forward(this.target, incoming, given);
    if (answer === undefined) return answered;
    const { 'content-length': _length, ...headers } = answered.headers;
    return { ...answered, headers, body: Buffer.from(answer(answered.body.toString(), asked)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const forward = async (target: string, incoming: IncomingMessage, body: Buffer) => {
  const { host } = new URL(target);
  const onward = request(new URL(incoming.url ?? '/', target), {
    method: incoming.method,
    headers: { ...incoming.headers, host },
    agent: false,
  });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage]; // safe: what 'response' brings
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer); // safe: as above
  const { connection: _c, 'transfer-encoding': _t, 'keep-alive': _k, ...headers } = answer.headers;
  return { status: answer.statusCode ?? 502, headers, body: Buffer.concat(chunks) };
};
