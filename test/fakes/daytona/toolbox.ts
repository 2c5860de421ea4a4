import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { buffer, json } from 'node:stream/consumers';
import { readOn, writeOn } from '../machine-files.ts';
import { parse, Refused, send, type FakeSandbox, type Session } from './exchange.ts';
import { CreateSession, Download, Execute } from './wire.ts';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The daemon of a sandbox. What it is asked for it does as root. */
export async function inToolbox(sandbox: FakeSandbox, path: string, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  if (path.startsWith('/files/')) return onFiles(sandbox, `${request.method} ${path}`, exchange);
  if (`${request.method} ${path}` === 'POST /process/session') {
    sandbox.sessions.set(parse(CreateSession, await json(request)).sessionId, { command: null });
    return void response.writeHead(201).end();
  }
  const [, name = '', rest = ''] = /^\/process\/session\/([a-z0-9-]+)(.*)$/.exec(path) ?? [];
  const session = sandbox.sessions.get(name);
  if (session === undefined) throw new Refused(404, `there is no session ${name}`);
  if (request.method === 'DELETE' && rest === '') {
    sandbox.sessions.delete(name);
    session.command?.child.kill('SIGKILL');
    return void response.writeHead(204).end();
  }
  if (request.method === 'POST' && rest === '/exec') {
    const { command } = parse(Execute, await json(request));
    const id = randomBytes(8).toString('hex');
    session.command = execute(sandbox, id, command);
    return send(response, 202, { cmdId: id });
  }
  const { command } = session;
  const [, id, logs] = /^\/command\/([a-z0-9]+)(\/logs)?$/.exec(rest) ?? [];
  if (command === null || request.method !== 'GET' || id !== command.id)
    throw new Refused(404, `there is no ${request.method} ${path}`);
  if (logs !== undefined) return send(response, 200, { output: command.output, stdout: command.output, stderr: '' });
  send(response, 200, {
    id,
    command: command.text,
    ...(command.exitCode === undefined ? {} : { exitCode: command.exitCode }),
  });
}

function execute({ machine }: FakeSandbox, id: string, text: string): Session['command'] {
  // Its sessions are shells that read what they are to do.
  const child = machine.start(['sh']);
  const command: NonNullable<Session['command']> = { id, text, output: '', child };
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => void (command.output += chunk.toString('utf8')));
  child.stdin!.on('error', () => {}).end(`${text}\n`);
  void once(child, 'close').then(([code]) => void (command.exitCode = code ?? 137));
  return command;
}

async function onFiles({ machine }: FakeSandbox, route: string, { request, response }: Exchange): Promise<void> {
  if (route === 'POST /files/bulk-upload') {
    const body = new Response(await buffer(request), {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    });
    const form = await body.formData();
    const path = form.get('files[0].path');
    const file = form.get('files[0].file');
    if (typeof path !== 'string' || !(file instanceof File)) throw new Refused(400, 'a path and a file are to be sent');
    await writeOn(machine, path, Readable.from([Buffer.from(await file.arrayBuffer())]));
    return void response.writeHead(200).end();
  }
  if (route !== 'POST /files/bulk-download') throw new Refused(404, `there is no ${route}`);
  const [path] = parse(Download, await json(request)).paths;
  const boundary = `longhaul${randomBytes(8).toString('hex')}`;
  const part = (name: 'file' | 'error', type: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${path}"\r\nContent-Type: ${type}\r\n\r\n`;
  response.writeHead(200, { 'content-type': `multipart/form-data; boundary=${boundary}` });
  const there = await readOn(machine, path, () => {
    response.write(part('file', 'application/octet-stream'));
    return notEnding(response);
  });
  if (!there) response.write(`${part('error', 'text/plain')}file not found`);
  response.end(`\r\n--${boundary}--\r\n`);
}

/** Writes on to a response that goes on after it. */
const notEnding = (response: ServerResponse): Writable =>
  new Writable({ write: (chunk: Buffer, _encoding, done) => void response.write(chunk, () => done()) });
