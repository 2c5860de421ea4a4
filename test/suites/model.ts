import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Model, ModelOutcome, ModelRequest, RespondOptions } from '../../runner/worker/models/model.ts';
import type { ModelItem } from '../../shared/run/model-item.ts';
import {
  answersRaw,
  breaks,
  calls,
  costs,
  cutsAfter,
  endsWithoutTerminal,
  fails,
  type FakeOpenAi,
  incomplete,
  malformedArguments,
  neverAnswers,
  reasons,
  refuses,
  says,
  type Script,
  scripted,
  sequence,
  stalls,
  startFakeOpenAi,
  together,
  withAliens,
} from '../fakes/openai/index.ts';

export interface ModelAdapter {
  readonly name: string;
  /** What comes back of reasoning, to be sent again; null: nothing. */
  readonly reasoning: 'reasoning' | 'returned' | null;
  /** How a response may end early, by what the API has. */
  readonly ends: readonly ('max_output_tokens' | 'content_filter')[];
  /** What the variables begin with that say how it is reached. */
  readonly variables: 'OPENAI' | 'ANTHROPIC';
  readonly open: (options: {
    readonly apiKey: string;
    readonly baseURL: string;
    readonly model: string;
    readonly idleMs?: number;
  }) => Model;
}

/** A key as long as a real one, so that a leak of it is seen. */
const key = 'sk-proj-0123456789abcdefghijklmnop';

const bash = {
  name: 'bash',
  description: 'Runs a command.',
  parameters: {
    type: 'object',
    properties: { command: { type: 'string' }, seconds: { type: ['integer', 'null'] } },
    required: ['command', 'seconds'],
    additionalProperties: false,
  },
} as const;

export const ask = (items: readonly ModelItem[], rest: Partial<ModelRequest> = {}): ModelRequest => ({
  instructions: 'You repair programs.',
  items,
  tools: [bash],
  idempotencyKey: 'run-1/turn-1',
  ...rest,
});

/** The smallest PNG that there is: one pixel. */
export const pixel = {
  mediaType: 'image/png',
  base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
} as const;

export const user = (text: string): ModelItem => ({ type: 'message', role: 'user', text });
export const assistant = (text: string): ModelItem => ({ type: 'message', role: 'assistant', text });

/** A server that says nothing but that it is there, every 50 ms. */
const commentsThenHangs = async () => {
  let comments = 0;
  let changed = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => {
      response.write(': keep-alive\n\n');
      comments += 1;
      changed.resolve();
      changed = Promise.withResolvers();
    }, 50);
    response.on('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: a server that listens on TCP has such an address
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    sent: async (count: number) => {
      for (let left = count - comments; left > 0; left -= 1) await changed.promise;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
};

/** What every adapter must do, whatever the API behind it. */
export function describeModel(adapter: ModelAdapter): void {
  const begin = (script: Script) => startFakeOpenAi({ script, apiKey: key });
  const open = (fake: FakeOpenAi, rest: { apiKey?: string; model?: string; idleMs?: number } = {}) =>
    adapter.open({ apiKey: key, baseURL: fake.url, model: 'scripted', ...rest });
  const respond = (model: Model, request = ask([user('Fix it.')]), how: Partial<RespondOptions> = {}) =>
    model.respond(request, { signal: new AbortController().signal, ...how });
  /** The failure, and the proof that the message keeps the key to itself. */
  const failureOf = (outcome: ModelOutcome) => {
    if (outcome.kind !== 'failed') throw new Error(`Expected a failure, got ${JSON.stringify(outcome)}`);
    expect(outcome.failure.message).not.toContain(key);
    return outcome.failure;
  };

  describe(`${adapter.name}: a conversation`, () => {
    it('goes through a tool and back, and the endpoint takes every request', async () => {
      await using fake = await begin(
        scripted([
          together(says('I look first.'), calls('bash', { command: 'ls', seconds: null })),
          (asked) => says(`There is ${asked.entries.at(-1)!.text}.`),
        ]),
      );
      const model = open(fake);
      const first = await respond(model);
      expect(first).toMatchObject({
        kind: 'completed',
        items: [
          assistant('I look first.'),
          { type: 'call', name: 'bash', arguments: '{"command":"ls","seconds":null}' },
        ],
      });
      const items = first.kind === 'completed' ? first.items : [];
      const call = items.find((item) => item.type === 'call')!;
      const output: ModelItem = { type: 'output', call: call.call, output: 'a.ts' };
      const second = await respond(model, ask([user('Fix it.'), ...items, output]));
      expect(second).toMatchObject({ kind: 'completed', items: [assistant('There is a.ts.')] });
      expect(fake.journal.map(({ status }) => status)).toEqual([200, 200]);
    });

    it('keeps parallel calls apart and in order', async () => {
      await using fake = await begin(
        scripted([
          together(
            calls('bash', { command: 'ls -la /a/rather/long/path', seconds: null }),
            calls('bash', { command: 'git status --short --branch', seconds: 5 }),
            calls('bash', { command: '', seconds: 0 }),
          ),
          says('Seen all three.'),
        ]),
      );
      const model = open(fake);
      const first = await respond(model);
      const items = first.kind === 'completed' ? first.items : [];
      expect(items.map((item) => (item.type === 'call' ? item.arguments : item.type))).toEqual([
        '{"command":"ls -la /a/rather/long/path","seconds":null}',
        '{"command":"git status --short --branch","seconds":5}',
        '{"command":"","seconds":0}',
      ]);
      const outputs = items.flatMap((item): ModelItem[] =>
        item.type === 'call' ? [{ type: 'output', call: item.call, output: 'ok' }] : [],
      );
      const second = await respond(model, ask([user('Fix it.'), ...items, ...outputs]));
      expect(second).toMatchObject({ kind: 'completed', items: [assistant('Seen all three.')] });
    });

    it('sends the same request for the same context, with its idempotency key', async () => {
      await using fake = await begin(scripted([says('Once.')]));
      const model = open(fake);
      const [one, two] = [await respond(model), await respond(model)];
      expect(one).toEqual(two);
      expect(fake.journal[0]!.body).toEqual(fake.journal[1]!.body);
      expect(fake.journal.map(({ headers }) => headers['idempotency-key'])).toEqual(['run-1/turn-1', 'run-1/turn-1']);
    });

    it('works without tools', async () => {
      await using fake = await begin(scripted([says('A summary.')]));
      const outcome = await respond(open(fake), ask([user('Summarize.')], { tools: [] }));
      expect(outcome).toMatchObject({ kind: 'completed', items: [assistant('A summary.')] });
    });

    it('reports the tokens that the endpoint counted', async () => {
      const tokens = { input: 1200, cached: 1000, cacheWrite: 64, output: 300, reasoning: 250 };
      await using fake = await begin(scripted([costs(tokens, says('Dear.'))]));
      expect(await respond(open(fake))).toMatchObject({ kind: 'completed', usage: tokens });
    });

    it('passes malformed arguments on as the text that came', async () => {
      await using fake = await begin(scripted([malformedArguments('bash', '{"command": "ls')]));
      const outcome = await respond(open(fake));
      expect(outcome).toMatchObject({
        kind: 'completed',
        items: [{ type: 'call', name: 'bash', arguments: '{"command": "ls' }],
      });
    });

    it('returns a refusal as a refusal, and can go on after it', async () => {
      await using fake = await begin(scripted([refuses('I will not do that.'), says('That I can do.')]));
      const model = open(fake);
      const first = await respond(model);
      const refusal: ModelItem = { type: 'refusal', text: 'I will not do that.' };
      expect(first).toMatchObject({ kind: 'completed', items: [refusal] });
      const second = await respond(model, ask([user('Fix it.'), refusal, user('Then this.')]));
      expect(second).toMatchObject({ kind: 'completed', items: [assistant('That I can do.')] });
    });

    it('takes no notice of events, fields and items that it does not know', async () => {
      await using fake = await begin(scripted([withAliens(says('Plain.'))]));
      expect(await respond(open(fake))).toMatchObject({ kind: 'completed', items: [assistant('Plain.')] });
    });

    it('sends reasoning back as it came, or leaves it out', async () => {
      await using fake = await begin(
        scripted([
          together(reasons('The test looks wrong.'), calls('bash', { command: 'ls', seconds: null })),
          together(reasons(''), says('Done.')),
        ]),
      );
      const model = open(fake);
      const first = await respond(model);
      const items = first.kind === 'completed' ? first.items : [];
      expect(items.map(({ type }) => type)).toEqual(
        adapter.reasoning === null ? ['call'] : [adapter.reasoning, 'call'],
      );
      const call = items.find((item) => item.type === 'call')!;
      const context = [user('Fix it.'), ...items, { type: 'output' as const, call: call.call, output: '' }];
      expect(await respond(model, ask(context))).toMatchObject({ kind: 'completed' });
      expect(fake.journal.map(({ status }) => status)).toEqual([200, 200]);
    });
  });

  describe(`${adapter.name}: being aborted`, () => {
    it('asks nothing when it is aborted already', async () => {
      await using fake = await begin(scripted([says('Never.')]));
      const outcome = await respond(open(fake), ask([user('Fix it.')]), { signal: AbortSignal.abort() });
      expect(outcome).toEqual({ kind: 'aborted' });
      expect(fake.journal).toEqual([]);
    });

    it('hangs up before the headers', async () => {
      await using fake = await begin(sequence(neverAnswers()));
      const controller = new AbortController();
      const outcome = respond(open(fake), ask([user('Fix it.')]), { signal: controller.signal });
      await fake.received(1);
      controller.abort();
      expect(await outcome).toEqual({ kind: 'aborted' });
      expect(await fake.ended(0)).toBe('hung up');
    });

    it('hangs up in mid-stream', async () => {
      const controller = new AbortController();
      await using fake = await begin(sequence(stalls(6, says('x'.repeat(200)), () => controller.abort())));
      const outcome = await respond(open(fake), ask([user('Fix it.')]), { signal: controller.signal });
      expect(outcome).toEqual({ kind: 'aborted' });
      expect(await fake.ended(0)).toBe('hung up');
    });
  });

  describe(`${adapter.name}: trouble with the endpoint`, () => {
    const nothing = { retryAfterMs: null, usage: null };

    it('says that the key is wrong (401), and does not repeat the key', async () => {
      await using fake = await startFakeOpenAi({ script: sequence(), apiKey: 'another' });
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toEqual({
        ...nothing,
        code: 'auth',
        status: 401,
        retryable: false,
        message: `The model endpoint ${fake.url} refused the key (401): set ${adapter.variables}_API_KEY to a key that may use scripted. It said: "Incorrect API key provided: [key]."`,
      });
    });

    it('says that the model is unknown (404)', async () => {
      await using fake = await begin(sequence());
      const failure = failureOf(await respond(open(fake, { model: 'gpt-13' })));
      expect(failure).toEqual({
        ...nothing,
        code: 'not_found',
        status: 404,
        retryable: false,
        message: `The model endpoint ${fake.url} has no model gpt-13 (404): choose one that it has, or correct ${adapter.variables}_BASE_URL. It said: "The model 'gpt-13' does not exist or you do not have access to it."`,
      });
    });

    it.each([2, 300])('leaves a rate limit (429, Retry-After %i s) to its caller', async (seconds) => {
      await using fake = await begin(sequence(fails(429, { code: 'rate_limit_exceeded', retryAfter: seconds })));
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toMatchObject({
        code: 'rate_limited',
        retryable: true,
        retryAfterMs: seconds * 1000,
        status: 429,
      });
      expect(fake.journal).toHaveLength(1);
    });

    it('tells a used up quota from a rate limit', async () => {
      await using fake = await begin(
        sequence(fails(429, { code: 'insufficient_quota', type: 'insufficient_quota', message: 'You exceeded it.' })),
      );
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toEqual({
        ...nothing,
        code: 'quota',
        status: 429,
        retryable: false,
        message: `The model endpoint ${fake.url} says that the quota of this key is used up (insufficient_quota): add credit or raise the limit there, or use another key. It said: "You exceeded it."`,
      });
      expect(fake.journal).toHaveLength(1);
    });

    it('does not repeat a request that failed (500)', async () => {
      await using fake = await begin(sequence(fails(500), says('Never.')));
      expect(failureOf(await respond(open(fake)))).toMatchObject({ code: 'server', retryable: true, status: 500 });
      expect(fake.journal).toHaveLength(1);
    });

    it('says that the context is too long', async () => {
      const message = "This model's maximum context length is 8192 tokens.";
      await using fake = await begin(sequence(fails(400, { code: 'context_length_exceeded', message })));
      expect(failureOf(await respond(open(fake)))).toMatchObject({ code: 'context_length', retryable: false });
    });

    it('calls a request that the endpoint finds wrong a bad request', async () => {
      await using fake = await begin(sequence());
      const tools = [{ ...bash, parameters: { ...bash.parameters, type: 'array' } }];
      const failure = failureOf(await respond(open(fake), ask([user('Fix it.')], { tools })));
      expect(failure).toMatchObject({ code: 'bad_request', retryable: false, status: 400 });
      expect(failure.message).toMatch(/type: |input_schema/);
    });

    it('reports a failure in the stream', async () => {
      await using fake = await begin(sequence(breaks('server_error', 'The model had a fit.')));
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toMatchObject({ code: 'server', retryable: true, status: null });
      expect(failure.message).toContain('The model had a fit.');
    });

    it.each(adapter.ends)('reports an early end (%s) with its tokens', async (reason) => {
      const tokens = { input: 10, cached: 0, cacheWrite: 0, output: 20, reasoning: 0 };
      await using fake = await begin(sequence(costs(tokens, incomplete(reason))));
      const failure = failureOf(await respond(open(fake)));
      // An adapter that reads to the end knows what the lost output cost.
      expect(failure).toMatchObject({ code: 'incomplete', retryable: false, usage: tokens });
    });

    it.each([0, 1, 4])('takes a connection cut after %i events as a network failure', async (events) => {
      await using fake = await begin(sequence(cutsAfter(events)));
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toEqual({
        ...nothing,
        code: 'network',
        status: null,
        retryable: true,
        message: `The connection to ${fake.url} ended before the response of scripted did.`,
      });
    });

    it('takes a clean end without the terminal event as a network failure', async () => {
      await using fake = await begin(sequence(endsWithoutTerminal()));
      expect(failureOf(await respond(open(fake)))).toMatchObject({ code: 'network', retryable: true, status: null });
    });

    it('gives a silent stream up', async () => {
      await using fake = await begin(sequence(...Array.from({ length: 6 }, () => stalls(3))));
      // On a busy machine it may have given up before anything was sent; then it listens for longer.
      for (let idleMs = 60; fake.journal.length === 0; idleMs *= 4) {
        const failure = failureOf(await respond(open(fake, { idleMs })));
        expect(failure).toMatchObject({ code: 'stalled', retryable: true, status: null });
        expect(failure.message).toContain(`sent nothing for ${idleMs / 1000} s`);
      }
      expect(await fake.ended(0)).toBe('hung up');
    });

    it('gives an endpoint up that does not even send headers', async () => {
      await using fake = await begin(sequence(...Array.from({ length: 6 }, neverAnswers)));
      for (let idleMs = 60; fake.journal.length === 0; idleMs *= 4)
        expect(failureOf(await respond(open(fake, { idleMs })))).toMatchObject({ code: 'stalled', retryable: true });
      expect(await fake.ended(0)).toBe('hung up');
    });

    it('says that nobody listens there', async () => {
      const fake = await begin(sequence());
      await fake[Symbol.asyncDispose]();
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toMatchObject({ code: 'network', retryable: true, status: null });
      expect(failure.message).toContain('ECONNREFUSED');
    });

    it('recognizes a web server that is no such API', async () => {
      await using fake = await begin(sequence(answersRaw(200, 'text/html', '<html>Welcome to nginx!</html>')));
      expect(failureOf(await respond(open(fake)))).toMatchObject({ code: 'protocol', retryable: false });
    });

    it('recognizes a stream that is no JSON', async () => {
      await using fake = await begin(sequence(answersRaw(200, 'text/event-stream', 'data: {"type":\n\n')));
      expect(failureOf(await respond(open(fake)))).toMatchObject({ code: 'protocol', retryable: false });
    });

    it('tells an error that came with status 200 for what it says, and asks again where it may pass', async () => {
      const said = { error: { message: 'Provider returned error: upstream is overloaded', code: 502 } };
      await using fake = await begin(sequence(answersRaw(200, 'application/json', JSON.stringify(said))));
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toMatchObject({ code: 'server', retryable: true, status: 502 });
      expect(failure.message).toContain('Provider returned error: upstream is overloaded');
    });

    it('tells an error in the middle of a stream for what it says', async () => {
      const said = { error: { message: 'Slow down.', code: 429 } };
      await using fake = await begin(
        sequence(answersRaw(200, 'text/event-stream', `data: ${JSON.stringify(said)}\n\n`)),
      );
      expect(failureOf(await respond(open(fake)))).toMatchObject({ code: 'rate_limited', retryable: true });
    });

    it('waits for a server that keeps the connection with comments', async () => {
      await using server = await commentsThenHangs();
      const signal = new AbortController();
      const outcome = adapter
        .open({ apiKey: key, baseURL: server.url, model: 'scripted', idleMs: 400 })
        .respond(ask([user('Fix it.')]), { signal: signal.signal });
      // More comments than fit into the idle limit, each well within it.
      await server.sent(12);
      signal.abort();
      expect(await outcome).toEqual({ kind: 'aborted' });
    });

    it('quotes little of a page that a proxy sends', async () => {
      await using fake = await begin(
        sequence(answersRaw(502, 'text/html', `<html>${'Bad gateway. '.repeat(500)}</html>`)),
      );
      const failure = failureOf(await respond(open(fake)));
      expect(failure).toMatchObject({ code: 'server', retryable: true, status: 502 });
      expect(failure.message.length).toBeLessThan(600);
    });
  });
}
