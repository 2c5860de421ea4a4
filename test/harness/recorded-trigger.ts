import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { FakeRun, FakeTrigger } from '../fakes/trigger/index.ts';

const Exchange = z.object({
  line: z.int(),
  at: z.iso.datetime(),
  method: z.string(),
  path: z.string(),
  requestHeaders: z.record(z.string(), z.string()).default({}),
  requestBody: z.unknown(),
  status: z.int().nullable(),
  responseHeaders: z.record(z.string(), z.string()).default({}),
  responseBody: z.unknown(),
});
type Exchange = z.infer<typeof Exchange>;

const file = path.join(import.meta.dirname, '../fakes/trigger/recorded/exchanges.ndjson');
const exchanges = new Map(
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Exchange.parse(JSON.parse(line)))
    .map((exchange) => [exchange.line, exchange]),
);

/** What a client obeys: which of them are there, and of two what they say. */
const telling = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-trigger-jwt',
  'x-trigger-jwt-claims',
  'electric-handle',
  'electric-offset',
  'electric-schema',
  'electric-cursor',
  'electric-up-to-date',
  'electric-shape-id',
  'electric-chunk-last-offset',
];
const headersOf = (headers: Readonly<Record<string, string>>) => ({
  there: telling.filter((name) => headers[name] !== undefined),
  type: headers['content-type']?.split(';')[0],
  retry: headers['x-should-retry'],
});

/** Keys and types; a list is what its first member is. Flags, statuses and refusals are compared as they are. */
const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (value === null) return null;
  if (typeof value !== 'object') return typeof value === 'boolean' ? value : typeof value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      verbatim.has(key) && typeof each === 'string' ? wordsOf(each) : shapeOf(each),
    ]),
  );
};
const verbatim = new Set(['error', 'operation', 'status']);
/** What is told of a field is the schema's own wording. */
const wordsOf = (text: string): string => /^Validation error|^\{/.exec(text)?.[0] ?? text;
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** One conversation with a fake: what was sent to the server, with the fake's own names in place of the server's. */
class Conversation {
  readonly fake: FakeTrigger;
  readonly #names = new Map<string, string>();
  #shape: { readonly handle: string; readonly offset: string } | null = null;
  constructor(fake: FakeTrigger) {
    this.fake = fake;
  }

  /** The fake has a run that the server had. */
  name(recorded: string, { id }: { readonly id: string }): void {
    this.#names.set(recorded, id);
  }

  get run(): FakeRun {
    return this.fake.world.runs.at(-1)!;
  }

  /** Sends it, or what is given in place of its body. Returns what is compared: as the fake answers, and as the server did. */
  async say(line: number, other: object | null = null): Promise<Said> {
    const exchange = exchanges.get(line)!;
    const sent = other ?? exchange.requestBody;
    const answer = await fetch(`${this.fake.url}${this.#pathOf(exchange)}`, {
      method: exchange.method,
      headers: this.#headersFor(exchange),
      ...(sent === null ? {} : { body: bodyOf({ ...exchange, requestBody: sent }) }),
    });
    const body = parsed(await beginningOf(answer));
    const headers = Object.fromEntries(answer.headers);
    const { 'electric-handle': handle, 'electric-offset': offset } = headers;
    if (handle !== undefined && offset !== undefined) this.#shape = { handle, offset };
    const [given, recorded] = [idOf(body), idOf(exchange.responseBody)];
    if (given !== null && recorded !== null) this.#names.set(recorded, given);
    return {
      fake: { line, status: answer.status, headers: headersOf(headers), body: shapeOf(body) },
      server: {
        line,
        status: exchange.status,
        headers: headersOf(exchange.responseHeaders),
        body: shapeOf(beginningOfStream(exchange.responseBody)),
      },
    };
  }

  #pathOf(exchange: Exchange): string {
    const url = new URL(exchange.path, 'http://server');
    if (this.#shape !== null && url.searchParams.has('handle')) {
      url.searchParams.set('handle', this.#shape.handle);
      url.searchParams.set('offset', this.#shape.offset);
    }
    let to = url.pathname + url.search;
    for (const [recorded, own] of this.#names) to = to.replace(recorded, own);
    return to;
  }

  #headersFor({ requestHeaders, status }: Exchange): Record<string, string> {
    const kept = Object.entries(requestHeaders).filter(([name]) => name.startsWith('x-') || name === 'content-type');
    const key = requestHeaders['authorization']?.replace(/^Bearer /, '');
    // A wrong key has the same placeholder.
    const own = key === undefined ? undefined : status === 401 ? 'wrong' : this.fake.secretKey;
    return {
      ...Object.fromEntries(kept),
      ...(own === undefined ? {} : { authorization: `Bearer ${own}` }),
    };
  }
}
interface Said {
  readonly fake: unknown;
  readonly server: unknown;
}

/** A stream has no end: its first event. */
const beginningOf = async (answer: Response): Promise<string> => {
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer.text();
  const reader = answer.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return beginningOfStream(new TextDecoder().decode(value)) as string; // safe: it was a text
};
const beginningOfStream = (body: unknown): unknown =>
  typeof body === 'string' && body.startsWith('event: ') ? body.split('\n\n')[0] : body;

/** What was to end so long after it was asked for still does. */
const bodyOf = ({ requestBody, at }: Exchange): string => {
  if (typeof requestBody === 'string') return requestBody;
  const timed = z.looseObject({ timeout: z.iso.datetime() }).safeParse(requestBody).data;
  if (timed === undefined) return JSON.stringify(requestBody);
  const moved = Date.now() + Date.parse(timed.timeout) - Date.parse(at);
  return JSON.stringify({ ...timed, timeout: new Date(moved).toISOString() });
};
const idOf = (body: unknown): string | null => z.object({ id: z.string() }).safeParse(body).data?.id ?? null;

/** A line to send, or what happens in the fake's world in between. */
export type Step = number | { readonly line: number; readonly body: object } | ((talk: Conversation) => unknown);
export const replay = async (fake: FakeTrigger, steps: readonly Step[]) => {
  const talk = new Conversation(fake);
  const [heard, wanted]: [unknown[], unknown[]] = [[], []];
  for (const step of steps) {
    if (typeof step === 'function') await step(talk);
    else {
      const { fake: given, server } = await (typeof step === 'number'
        ? talk.say(step)
        : talk.say(step.line, step.body));
      heard.push(given);
      wanted.push(server);
    }
  }
  return { heard, wanted };
};
