import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startFakeTrigger, type FakeRun, type FakeTrigger } from '../fakes/trigger/index.ts';

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

  /** Sends it. Returns what is compared: as the fake answers, and as the server did. */
  async say(line: number): Promise<{ readonly fake: unknown; readonly server: unknown }> {
    const exchange = exchanges.get(line)!;
    const answer = await fetch(`${this.fake.url}${this.#pathOf(exchange)}`, {
      method: exchange.method,
      headers: this.#headersFor(exchange),
      ...(exchange.requestBody === null ? {} : { body: bodyOf(exchange) }),
    });
    const body = parsed(await answer.text());
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
        body: shapeOf(exchange.responseBody),
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
type Step = number | ((talk: Conversation) => unknown);
const replay = async (fake: FakeTrigger, steps: readonly Step[]) => {
  const talk = new Conversation(fake);
  const [heard, wanted]: [unknown[], unknown[]] = [[], []];
  for (const step of steps) {
    if (typeof step !== 'number') await step(talk);
    else {
      const { fake: given, server } = await talk.say(step);
      heard.push(given);
      wanted.push(server);
    }
  }
  return { heard, wanted };
};

const becomes =
  (...statuses: readonly FakeRun['status'][]): Step =>
  ({ fake, run }) =>
    statuses.forEach((status) =>
      fake.world.report(run, status, status === 'EXPIRED' ? 'Run expired because the TTL (2s) was reached' : null),
    );
const failsWith =
  (error: NonNullable<FakeRun['error']>): Step =>
  ({ fake, run }) => {
    fake.world.report(run, 'EXECUTING');
    run.attempts = 1;
    run.error = error;
    fake.world.report(run, 'FAILED', error.message);
    run.error = error;
  };
const has =
  (recorded: string, status: FakeRun['status'] = 'QUEUED', tags: readonly string[] = []): Step =>
  (talk) => {
    const { run } = talk.fake.world.trigger('longhaul-run', '{}', { tags, ttl: 5, idempotencyKey: recorded });
    talk.name(recorded, run);
    if (status !== 'QUEUED') talk.fake.world.report(run, status, 'it ended');
  };
/** The run that was triggered last is that one of the server's. */
const isNamed =
  (recorded: string): Step =>
  (talk) =>
    talk.name(recorded, talk.run);
/** The request was made before, and what it began stands like this. */
const unheard =
  (line: number, status: FakeRun['status']): Step =>
  async (talk) => {
    await talk.say(line);
    talk.fake.world.report(talk.run, 'EXECUTING');
    talk.fake.world.report(talk.run, status);
  };
const untilTimedOut: Step = ({ fake }) =>
  fake.world.until(() => fake.world.tokens.find(({ status }) => status === 'TIMED_OUT'));

const aText: readonly Step[] = [
  ({ fake }) => (fake.listsUntil = new Date(0)),
  93,
  94,
  95,
  failsWith({ message: 'trigger.dev internal error (TASK_INPUT_ERROR)' }),
  ({ fake }) => (fake.listsUntil = null),
  97,
  98,
  99,
];

const conversations: Readonly<Record<string, readonly Step[]>> = {
  'a payload that is a text is kept as a text; a list is behind; a key is free again after a failure': aText,
  'a payload that is an object is kept as one': [
    96,
    failsWith({ name: 'TypeError', message: 'fetch failed', stackTrace: 'TypeError: fetch failed' }),
    100,
  ],
  'a task that no version has': [101, becomes('PENDING_VERSION'), 102],
  'a run that nobody begins expires, is neither completed nor failed, and loses its key to the next': [
    106,
    becomes('EXPIRED'),
    113,
    116,
  ],
  'a run is cancelled before it begins': [117, 118, 119, 120],
  'the key of a run that was cancelled, or is completed, stays taken': [
    unheard(108, 'CANCELED'),
    108,
    unheard(109, 'COMPLETED'),
    109,
  ],
  'another version than there is': [72],
  'an environment without a worker group': [({ fake }) => (fake.deployed = false), 76],
  'keys that are wrong, or none': [53, 54, 55, 56, 57, 58],
  'a run that there is not': [60, 61, 63, 64],
  'a run that is over is cancelled': [has('run_cmx0rejbw001qnp7d0mx4uy1t', 'COMPLETED'), 62],
  'a token that there is not': [65, 66, 67],
  'what is wrong with a request': [68, 69, 70, 71, 73, 115],
  'too many tags': [has('run_cmx0s3vqs0003e57dtg50x4cq', 'QUEUED', ['a', 'b', 'c', 'd']), 110],
  'a token, made, made again, completed, completed again': [77, 78, 79, 80, 81, 82, 83, 84],
  'a token that timed out': [85, untilTimedOut, 86, 87, 88, 89],
  'a list by status': [has('run_1', 'CANCELED'), has('run_2', 'CANCELED'), has('run_3', 'EXPIRED', ['longhaul']), 114],
  'realtime: rows are text, a first sight is an insert and the next an update': [
    has('run_1', 'EXPIRED', ['longhaul']),
    1,
    3,
    4,
    becomes('DEQUEUED'),
    5,
    becomes('EXECUTING'),
    6,
    ({ run }) => (run.output = { data: '{"left":null}', dataType: 'application/json' }),
    becomes('COMPLETED'),
    7,
  ],
  'realtime: all runs where no tag is named; a handle that it does not know is taken': [
    has('run_1', 'EXPIRED', ['longhaul']),
    75,
    103,
  ],
  'a task run from its dispatch to its end': [
    20,
    21,
    becomes('EXECUTING'),
    41,
    22,
    42,
    ({ run }) => {
      run.metadata['status'] = 'completed';
      run.output = { data: '{"left":null}', dataType: 'application/json' };
    },
    becomes('COMPLETED'),
    23,
  ],
  'a task run that is being started': [20, isNamed('run_cmx0rvsm8001d1o7dyxehv0yi'), becomes('DEQUEUED'), 24],
  'a task run that is cancelled at its work': [
    3,
    isNamed('run_cmx0rtfpo000g1o7dcd4clzjy'),
    becomes('EXECUTING'),
    11,
    12,
  ],
  'a task that waits, and is handed the next': [
    has('run_cmx0rvqiy001a1o7d8ohkyntx', 'EXECUTING'),
    44,
    27,
    45,
    (talk) => talk.name('waitpoint_cmx0ryhqz00261o7d2owk8jm4', talk.fake.world.tokens.at(-1)!),
    30,
    31,
    32,
  ],
  'a wrong access token': [59],
  'a run of another environment': [107],
  'no realtime': [({ fake }) => (fake.realtime = false), 105, 34, 33],
  'what a task sets': [has('run_cmx0runxs00141o7dt78pnkvc'), 43],
  'variables of an environment': [92],
};

describe('the fake Trigger.dev answers as the server did', () => {
  test.each(Object.entries(conversations))('%s', async (_, steps) => {
    await using fake = await startFakeTrigger({ forgiving: true });
    const { heard, wanted } = await replay(fake, steps);
    expect(heard).toEqual(wanted);
  });
});

test('a fake that passes a payload on as it came is found out', async () => {
  await using fake = await startFakeTrigger({ forgiving: true, encode: String });
  const { heard, wanted } = await replay(fake, aText);
  expect(heard).not.toEqual(wanted);
});
