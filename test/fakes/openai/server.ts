/**
 * OpenAI's Responses and Chat Completions, on loopback. Its witnesses are `openai`'s own types, which every event is checked
 * against (responses-events.ts, chat-chunks.ts), its SDK, which reads them, and the fields of OpenAI’s own OpenAPI description
 * (official.ts says of which version), which it is held to field by field (openai-official.test.ts). No recorded stream of the
 * real service is compared with it.
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventsOfMessage } from '../anthropic/messages-events.ts';
import { checkMessagesRequest } from '../anthropic/messages-request.ts';
import { chunksOf } from './chat-chunks.ts';
import { checkChatRequest } from './chat-request.ts';
import {
  endOf,
  entryOf,
  type Exchange,
  type JournalEntry,
  reject,
  sendFrames,
  sendJson,
  sendText,
} from './exchange.ts';
import { type Answer, fails, type Rejection, type Reply } from './reply.ts';
import { type About, eventsOf, responseAt, type WireEvent } from './responses-events.ts';
import { checkResponsesRequest } from './responses-request.ts';
import { type Asked, type Script, turnOf } from './script.ts';

export interface FakeOptions {
  readonly script: Script;
  /** The only key that is let in. Default `sk-fake`. */
  readonly apiKey?: string;
  /** The models there are. Default `scripted`. */
  readonly models?: readonly string[];
  /** ms between two events, so that a person can watch. Default 0. */
  readonly paceMs?: number;
  /** Default: a free one. */
  readonly port?: number;
}

export interface FakeOpenAi extends AsyncDisposable {
  /** With `/v1`: what goes into OPENAI_BASE_URL. */
  readonly url: string;
  readonly apiKey: string;
  readonly journal: readonly JournalEntry[];
  /** Resolves when so many requests have come in all. */
  received(count: number): Promise<void>;
  /** How the connection of the n-th request ended (from 0; it must have been received). */
  ended(index: number): Promise<'answered' | 'hung up'>;
}

interface State {
  readonly options: Required<Omit<FakeOptions, 'port'>>;
  readonly journal: JournalEntry[];
  readonly ends: Promise<'answered' | 'hung up'>[];
  readonly stored: Map<string, Stored>;
  readonly watchers: Set<() => void>;
  /** Valid requests so far. */
  count: number;
}

/** A background response. */
interface Stored {
  readonly answer: Answer;
  readonly about: About;
  pollsLeft: number;
  cancelled: boolean;
}

/**
 * Model APIs on loopback: OpenAI's two and Anthropic's. Witnesses: requests and events are held to the vendors' own types (openai,
 * @anthropic-ai/sdk), and aimock, which others wrote, is asked the same by the adapters' tests.
 *
 * An OpenAI API that answers by a script, and refuses, as the real one would, what the real one would refuse.
 * Serves POST /v1/responses and /v1/chat/completions (streams only), GET and cancel of background responses, and
 * GET /v1/models; `GET /journal` shows what has been asked.
 */
export async function startFakeOpenAi(options: FakeOptions): Promise<FakeOpenAi> {
  const { apiKey = 'sk-fake', models = ['scripted'], paceMs = 0, port = 0, script } = options;
  const state: State = {
    options: { script, apiKey, models, paceMs },
    journal: [],
    ends: [],
    stored: new Map(),
    watchers: new Set(),
    count: 0,
  };
  const server = createServer((request, response) => {
    serve(state, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(`The fake itself failed: ${String(error)}`);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // safe: a server that listens on TCP has such an address
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    apiKey,
    journal: state.journal,
    received: (count) => received(state, count),
    ended: (index) => state.ends[index] ?? Promise.reject(new RangeError(`There was no request ${index}.`)),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function received({ journal, watchers }: State, count: number): Promise<void> {
  return new Promise((resolve) => {
    const watch = () => {
      if (journal.length < count) return;
      watchers.delete(watch);
      resolve();
    };
    watchers.add(watch);
    watch();
  });
}

/** What a request that came twice has in common: neither its connection nor its client's version. */
export function comparable(journal: readonly JournalEntry[]): object[] {
  return journal.map(({ method, path, headers, body, status }) => ({
    method,
    path,
    idempotencyKey: headers['idempotency-key'] ?? null,
    body,
    status,
  }));
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const entry = await entryOf(request);
  const exchange = { entry, response, paceMs: state.options.paceMs };
  const url = new URL(entry.path, 'http://localhost');
  if (url.pathname === '/journal') return sendJson(exchange, 200, state.journal);
  state.ends.push(endOf(response));
  state.journal.push(entry);
  for (const watch of state.watchers) watch();
  const key =
    entry.headers['x-api-key'] ??
    entry.headers['api-key'] ??
    (entry.headers['authorization'] ?? '').replace(/^Bearer /, '');
  if (key !== state.options.apiKey) return reject(exchange, wrongKey(key));
  const [, id = '', action = ''] = /^\/v1\/responses\/([^/]+)(\/cancel)?$/.exec(url.pathname) ?? [];
  switch (`${entry.method} ${id === '' ? url.pathname : `{id}${action}`}`) {
    case 'POST /v1/responses':
      return createResponse(state, exchange);
    case 'POST /v1/chat/completions':
      return createChatCompletion(state, exchange);
    case 'POST /v1/messages':
      return createMessage(state, exchange);
    case 'GET {id}':
      return retrieve(exchange, state.stored.get(id), { id, query: url.searchParams });
    case 'POST {id}/cancel':
      return cancel(exchange, state.stored.get(id), id);
    case 'GET /v1/models':
      return sendJson(exchange, 200, { object: 'list', data: state.options.models.map(modelOf) });
    default:
      return reject(exchange, fails(404, { message: `Invalid URL (${entry.method} ${url.pathname})` }));
  }
}

const modelOf = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'fake' });

/** Like the API, quotes the key: a client that passes messages on must not pass on this. */
function wrongKey(key: string): Rejection {
  return fails(401, { message: `Incorrect API key provided: ${key}.`, code: 'invalid_api_key' });
}

async function createResponse(state: State, exchange: Exchange): Promise<void> {
  const checked = checkResponsesRequest(exchange.entry.body);
  if ('kind' in checked) return reject(exchange, checked);
  const { body } = checked;
  const { reply, about } = await decide(state, exchange, checked.asked);
  if (reply.kind !== 'answer') return sendOther(exchange, reply);
  const kept = { ...about, background: body.background === true, store: body.store === true };
  const id = `resp_${about.hash}`;
  if (kept.background) state.stored.set(id, { answer: reply, about: kept, pollsLeft: reply.polls, cancelled: false });
  await sendFrames(exchange, { frames: eventsOf(reply, kept).map(frameOf), terminal: 1, trouble: reply.trouble });
}

async function createChatCompletion(state: State, exchange: Exchange): Promise<void> {
  const checked = checkChatRequest(exchange.entry.body);
  if ('kind' in checked) return reject(exchange, checked);
  const includeUsage = checked.body.stream_options?.include_usage === true;
  const { reply, about } = await decide(state, exchange, checked.asked);
  if (reply.kind !== 'answer') return sendOther(exchange, reply);
  const frames = chunksOf(reply, { ...about, includeUsage }).map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  // Without its terminal a stream has neither finish reason nor usage nor [DONE].
  const terminal = includeUsage ? 3 : 2;
  await sendFrames(exchange, { frames: [...frames, 'data: [DONE]\n\n'], terminal, trouble: reply.trouble });
}

async function createMessage(state: State, exchange: Exchange): Promise<void> {
  const checked = checkMessagesRequest(exchange.entry.body);
  if ('kind' in checked) return reject(exchange, checked);
  const { reply, about } = await decide(state, exchange, checked.asked);
  if (reply.kind !== 'answer') return sendOther(exchange, reply);
  const frames = eventsOfMessage(reply, about).map((event) => frameOf(event));
  // Without its terminal a stream has neither the reason to stop nor the last event.
  await sendFrames(exchange, { frames, terminal: 2, trouble: reply.trouble });
}

/** Asks the script. A model that is not there is refused before. */
async function decide(
  state: State,
  { entry }: Exchange,
  checked: Omit<Asked, 'headers'>,
): Promise<{ reply: Reply; about: About }> {
  const asked = { ...checked, headers: entry.headers };
  const text = JSON.stringify(asked.body);
  const turn = turnOf(asked.entries);
  const about = {
    model: asked.model,
    background: false,
    store: false,
    turn,
    hash: createHash('sha256').update(text).digest('hex').slice(0, 12),
    inputTokens: Math.ceil(text.length / 4),
  };
  if (!state.options.models.includes(asked.model)) {
    const message = `The model '${asked.model}' does not exist or you do not have access to it.`;
    return { reply: fails(404, { message, code: 'model_not_found' }), about };
  }
  const count = state.count;
  state.count += 1;
  return { reply: await state.options.script(asked, { turn, count }), about };
}

function sendOther(exchange: Exchange, reply: Exclude<Reply, Answer>): void {
  switch (reply.kind) {
    case 'rejection':
      return reject(exchange, reply);
    case 'raw':
      return sendText(exchange, reply.status, [reply.contentType, reply.body]);
    case 'silence':
      return;
  }
}

const frameOf = (event: Pick<WireEvent, 'type'>): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

const noSuchResponse = (id: string): Rejection => fails(404, { message: `Response with id '${id}' not found.` });

async function retrieve(
  exchange: Exchange,
  stored: Stored | undefined,
  { id, query }: { readonly id: string; readonly query: URLSearchParams },
): Promise<void> {
  if (stored === undefined) return reject(exchange, noSuchResponse(id));
  const { answer, about, cancelled } = stored;
  if (query.get('stream') === 'true') {
    const after = Number(query.get('starting_after') ?? -1);
    const events = eventsOf(answer, about).filter(({ sequence_number }) => sequence_number > after);
    return sendFrames(exchange, { frames: events.map(frameOf), terminal: 1, trouble: null });
  }
  const running = !cancelled && stored.pollsLeft > 0;
  if (running) stored.pollsLeft -= 1;
  const at = cancelled ? 'cancelled' : running ? 'in_progress' : 'ended';
  sendJson(exchange, 200, responseAt(answer, about, at));
}

function cancel(exchange: Exchange, stored: Stored | undefined, id: string): void {
  if (stored === undefined) return reject(exchange, noSuchResponse(id));
  stored.cancelled = true;
  sendJson(exchange, 200, responseAt(stored.answer, stored.about, 'cancelled'));
}
