import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { FakeMachine } from '../machine.ts';
import { message } from './process-service.ts';

/** What the service's own descriptor has let through. */
const Start = z.looseObject({
  process: z.looseObject({
    cmd: z.literal('/bin/bash'),
    args: z.array(z.string()),
    envs: z.record(z.string(), z.string()),
  }),
  stdin: z.literal(false),
});

const endOfStream = 2;

/** A message of the Connect protocol's streams: flags, length, JSON. */
const envelope = (flags: number, value: unknown): Buffer => {
  const payload = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
};

/** `process.Process/Start`: one request, and a stream of what becomes of the process. */
export async function startProcess(
  machine: FakeMachine,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers['content-type'] !== 'application/connect+json')
    throw new Error('not a stream of Connect in JSON');
  const body = await buffer(request);
  if (body.readUInt8(0) !== 0 || body.readUInt32BE(1) !== body.length - 5) throw new Error('not one envelope');
  const { process } = Start.parse(message('StartRequest').fromJson(JSON.parse(body.subarray(5).toString('utf8'))));
  response.writeHead(200, { 'content-type': 'application/connect+json' });
  const event = (value: unknown): void =>
    void response.write(envelope(0, message('StartResponse').toJson({ event: value })));
  const child = machine.start([process.cmd, ...process.args], process.envs);
  child.stdin!.end();
  event({ start: { pid: child.pid } });
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.on('data', (chunk: Buffer) => event({ data: { [name]: chunk.toString('base64') } }));
  const [code] = await once(child, 'close');
  event({ end: { exitCode: code ?? -1, exited: code !== null, status: `exit status ${code}` } });
  response.end(envelope(endOfStream, {}));
}
