import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rejection, Trouble } from './reply.ts';

/** One request as it came, and the status that it got (null: no answer, or none yet). */
export interface JournalEntry {
  readonly method: string;
  readonly path: string;
  /** Names of lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text itself where it is none; null where there is no body. */
  readonly body: unknown;
  status: number | null;
}

/** A request and the place for its answer. */
export interface Exchange {
  readonly entry: JournalEntry;
  readonly response: ServerResponse;
  /** ms between two events. */
  readonly paceMs: number;
}

export async function entryOf(request: IncomingMessage): Promise<JournalEntry> {
  const chunks: Buffer[] = [];
  // safe: without an encoding set, a request streams buffers
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    // safe: fromEntries of pairs of strings
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: text === '' ? null : parsed(text),
    status: null,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function sendText({ entry, response }: Exchange, status: number, [type, text]: readonly [string, string]): void {
  entry.status = status;
  response.writeHead(status, { 'content-type': type }).end(text);
}

export function sendJson(exchange: Exchange, status: number, body: unknown): void {
  sendText(exchange, status, ['application/json', JSON.stringify(body)]);
}

export function reject({ entry, response }: Exchange, { status, error, headers }: Rejection): void {
  entry.status = status;
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error }));
}

export interface Frames {
  /** As they stand in the stream, the last one terminal. */
  readonly frames: readonly string[];
  /** How many at the end are left out where the stream ends without its terminal. */
  readonly terminal: number;
  readonly trouble: Trouble | null;
}

/** Streams server-sent events, and comes to grief as the script wants it. */
export async function sendFrames(
  { entry, response, paceMs }: Exchange,
  { frames, terminal, trouble }: Frames,
): Promise<void> {
  entry.status = 200;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  const sent = trouble === null ? frames : frames.slice(0, trouble.kind === 'eof' ? -terminal : trouble.after);
  for (const frame of sent) {
    if (response.destroyed) return;
    // Written is handed to the system: what came before a cut arrives.
    await new Promise<void>((resolve) => void response.write(frame, () => resolve()));
    if (paceMs > 0) await sleep(paceMs);
  }
  if (trouble?.kind === 'stall') trouble.stalled();
  else if (trouble?.kind === 'cut') response.socket?.destroy();
  else response.end();
}

/** How the connection of an exchange ends: with the whole answer sent, or hung up by the client before that. */
export async function endOf(response: ServerResponse): Promise<'answered' | 'hung up'> {
  await once(response, 'close');
  return response.writableFinished ? 'answered' : 'hung up';
}
