import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  answersRaw,
  costs,
  cutsAfter,
  errs,
  says,
  scripted,
  sequence,
  stalls,
  startFakeOpenAi,
  takesPolls,
} from '../../../test/fakes/openai/index.ts';
import { ask, assistant, describeModel, user } from '../../../test/suites/model.ts';
import { canResume } from './failure.ts';
import { responsesModel } from './responses.ts';

describeModel({
  name: 'Responses',
  reasoning: 'reasoning',
  variables: 'OPENAI',
  ends: ['max_output_tokens', 'content_filter'],
  open: responsesModel,
});

const background = { apiKey: 'sk-fake', model: 'scripted', background: true, pollMs: 1 };
const unaborted = () => ({ signal: new AbortController().signal });

it('says so where an answer ends without its response: a call may have been lost with it', async () => {
  const item = {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'I look first.', annotations: [] }],
  };
  const events = [
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', sequence_number: 13 },
  ];
  const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  await using fake = await startFakeOpenAi({ script: sequence(answersRaw(200, 'text/event-stream', stream)) });
  const model = responsesModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
  expect(await model.respond(ask([user('Fix it.')]), unaborted())).toMatchObject({
    kind: 'completed',
    items: [assistant('I look first.')],
    oddities: ['an end without its response'],
  });
});

describe('Responses: the request', () => {
  it('asks for a stateless stream with encrypted reasoning and strict tools', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hm.')]) });
    const model = responsesModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted', reasoningEffort: 'high' });
    const { tools } = ask([]);
    await model.respond(ask([user('Fix it.')]), unaborted());
    expect(fake.journal[0]!.body).toEqual({
      model: 'scripted',
      instructions: 'You repair programs.',
      input: [{ type: 'message', role: 'user', content: 'Fix it.' }],
      tools: tools.map((tool) => ({ type: 'function', ...tool, strict: true })),
      parallel_tool_calls: true,
      stream: true,
      store: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'high' },
    });
  });

  it('takes an error event for what it says', async () => {
    const script = sequence(errs('rate_limit_exceeded', 'Please try again in 1.5s.'));
    await using fake = await startFakeOpenAi({ script });
    const model = responsesModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    expect(await model.respond(ask([user('Fix it.')]), unaborted())).toMatchObject({
      kind: 'failed',
      failure: { code: 'rate_limited', retryable: true, retryAfterMs: 1500, status: null },
    });
  });
});

describe('Responses: servers with ways of their own', () => {
  const event = (type: string, rest: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const item = { type: 'message', content: [{ type: 'output_text', text: 'Bit by bit.' }] };

  it.each([
    ['leave the output out of the last event', { id: 'resp_1', status: 'completed', output: [] }],
    ['say there that it is still in progress', { id: 'resp_1', status: 'in_progress', output: [item] }],
    ['say there next to nothing', { id: 'resp_1' }],
  ])('may %s', async (_what, response) => {
    const text = event('response.output_item.done', { item }) + event('response.completed', { response });
    await using fake = await startFakeOpenAi({ script: sequence(answersRaw(200, 'text/event-stream', text)) });
    const model = responsesModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    expect(await model.respond(ask([user('Fix it.')]), unaborted())).toEqual({
      kind: 'completed',
      items: [assistant('Bit by bit.')],
      usage: null,
      responseId: 'resp_1',
      oddities: [],
    });
  });

  const completes = async (reply: ReturnType<typeof answersRaw>) => {
    await using fake = await startFakeOpenAi({ script: sequence(reply) });
    const model = responsesModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    return await model.respond(ask([user('Fix it.')]), unaborted());
  };
  const stream = (text: string) => answersRaw(200, 'text/event-stream', text);

  it('may send a response without an id', async () => {
    const text = event('response.completed', { response: { output: [item] } });
    expect(await completes(stream(text))).toMatchObject({ items: [assistant('Bit by bit.')], responseId: null });
  });

  it('may finish no item, and have said it all in pieces', async () => {
    const text =
      event('response.output_text.delta', { delta: 'Bit by ' }) +
      event('response.output_text.delta', { delta: 'bit.' }) +
      event('response.completed', { response: { id: 'resp_1' } });
    expect(await completes(stream(text))).toMatchObject({ kind: 'completed', items: [assistant('Bit by bit.')] });
  });

  it('may have no terminal event but [DONE]', async () => {
    const text = `${event('response.output_item.done', { item })}data: [DONE]\n\n`;
    expect(await completes(stream(text))).toMatchObject({ kind: 'completed', items: [assistant('Bit by bit.')] });
  });

  it('may answer with the whole response as one document', async () => {
    const document = JSON.stringify({ object: 'response', id: 'resp_1', status: 'completed', output: [item] });
    expect(await completes(answersRaw(200, 'application/json', document))).toMatchObject({
      kind: 'completed',
      items: [assistant('Bit by bit.')],
    });
  });

  it('may call a stream by another name', async () => {
    const text = event('response.completed', { response: { id: 'resp_1', output: [item] } });
    expect(await completes(answersRaw(200, 'text/plain', text))).toMatchObject({ items: [assistant('Bit by bit.')] });
  });

  it('is told of what could not be read, and of the rest as ever', async () => {
    const text =
      'data: {"type":\n\n' + event('response.completed', { response: { output: [item, { type: 'hologram' }] } });
    expect(await completes(stream(text))).toMatchObject({
      items: [assistant('Bit by bit.')],
      oddities: ['an event that is no JSON', 'an output item of the kind "hologram"'],
    });
  });

  it('may not end without having said anything', async () => {
    expect(await completes(stream(event('response.completed', {})))).toMatchObject({
      kind: 'failed',
      failure: { code: 'protocol', retryable: false },
    });
  });
});

describe('Responses: in the background', () => {
  it('tells the id before it reads on, once, and completes in one stream', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Slow work.')]) });
    const model = responsesModel({ ...background, baseURL: fake.url });
    const told: string[] = [];
    const outcome = await model.respond(ask([user('Fix it.')]), {
      ...unaborted(),
      onResponseId: async (id) => {
        await Promise.resolve();
        told.push(`id ${id}`);
      },
    });
    const responseId = outcome.kind === 'completed' ? outcome.responseId : '';
    expect(told).toEqual([`id ${responseId}`]);
    expect(fake.journal[0]!.body).toMatchObject({ background: true, store: true, stream: true });
  });

  it('goes on with a response whose stream was lost, by its id alone', async () => {
    const tokens = { input: 10, cached: 0, cacheWrite: 0, output: 20, reasoning: 5 };
    await using fake = await startFakeOpenAi({
      script: sequence(takesPolls(3, costs(tokens, cutsAfter(4, says('Worth the wait.'))))),
    });
    const model = responsesModel({ ...background, baseURL: fake.url });
    const ids: string[] = [];
    const onResponseId = async (id: string) => void ids.push(id);
    const lost = await model.respond(ask([user('Fix it.')]), { ...unaborted(), onResponseId });
    expect(lost).toMatchObject({ kind: 'failed', failure: { code: 'network', retryable: true } });
    expect(lost.kind === 'failed' && canResume(lost.failure)).toBe(true);
    const responseId = ids[0]!;
    expect(await model.respond(ask([user('Fix it.')], { resume: { responseId } }), unaborted())).toEqual({
      kind: 'completed',
      items: [assistant('Worth the wait.')],
      usage: tokens,
      responseId,
      oddities: [],
    });
    expect(fake.journal.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      'POST /v1/responses',
      ...Array.from({ length: 4 }, () => `GET /v1/responses/${responseId}`),
    ]);
  });

  it('says when a response is no longer there, and that it is not to be resumed', async () => {
    await using fake = await startFakeOpenAi({ script: sequence() });
    const model = responsesModel({ ...background, baseURL: fake.url });
    const outcome = await model.respond(ask([], { resume: { responseId: 'resp_gone' } }), unaborted());
    expect(outcome).toEqual({
      kind: 'failed',
      failure: {
        code: 'network',
        message: `The model endpoint ${fake.url} no longer knows the background response resp_gone: the call has to be made again.`,
        retryable: true,
        retryAfterMs: null,
        status: 404,
        usage: null,
      },
    });
    expect(outcome.kind === 'failed' && canResume(outcome.failure)).toBe(false);
  });

  it('cancels the response when it is aborted in mid-stream', async () => {
    await using fake = await startFakeOpenAi({ script: sequence(stalls(4, says('x'.repeat(200)))) });
    const model = responsesModel({ ...background, baseURL: fake.url });
    const controller = new AbortController();
    const outcome = await model.respond(ask([user('Fix it.')]), {
      signal: controller.signal,
      onResponseId: async () => controller.abort(),
    });
    expect(outcome).toEqual({ kind: 'aborted' });
    expect(fake.journal.map(({ path, status }) => `${path.replace(/resp_\w+/, 'ID')} ${status}`)).toEqual([
      '/v1/responses 200',
      '/v1/responses/ID/cancel 200',
    ]);
  });

  it('cancels the response when it is aborted between two polls, and then calls it lost', async () => {
    await using fake = await startFakeOpenAi({ script: sequence(takesPolls(1_000_000, cutsAfter(3))) });
    const model = responsesModel({ ...background, pollMs: 600_000, baseURL: fake.url });
    let responseId = '';
    const onResponseId = async (id: string) => void (responseId = id);
    await model.respond(ask([user('Fix it.')]), { ...unaborted(), onResponseId });
    const controller = new AbortController();
    const polling = model.respond(ask([], { resume: { responseId } }), { signal: controller.signal });
    await fake.received(2);
    await fake.ended(1);
    controller.abort();
    expect(await polling).toEqual({ kind: 'aborted' });
    expect(fake.journal.at(-1)!.path).toBe(`/v1/responses/${responseId}/cancel`);
    const again = await model.respond(ask([], { resume: { responseId } }), unaborted());
    expect(again).toMatchObject({ kind: 'failed', failure: { code: 'network', status: 404, retryable: true } });
  });

  it('makes the call anew where the adapter has no background', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Anew.')]) });
    const model = responsesModel({ apiKey: 'sk-fake', model: 'scripted', baseURL: fake.url });
    const outcome = await model.respond(ask([user('Fix it.')], { resume: { responseId: 'resp_1' } }), unaborted());
    expect(outcome).toMatchObject({ kind: 'completed', items: [assistant('Anew.')] });
  });

  it('throws what the keeper of the id throws: that is no failure of the endpoint', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Kept?')]) });
    const model = responsesModel({ ...background, baseURL: fake.url });
    const onResponseId = () => Promise.reject(new Error('the lease ran out'));
    await expect(model.respond(ask([user('Fix it.')]), { ...unaborted(), onResponseId })).rejects.toThrow(
      'the lease ran out',
    );
  });

  it('gives up a poll that nobody answers, and may come back', async () => {
    await using server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    // safe: a server that listens on TCP has such an address
    const { port } = server.address() as AddressInfo;
    const model = responsesModel({ ...background, baseURL: `http://127.0.0.1:${port}/v1`, idleMs: 60 });
    const outcome = await model.respond(ask([], { resume: { responseId: 'resp_1' } }), unaborted());
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'stalled', retryable: true, status: null } });
    expect(outcome.kind === 'failed' && canResume(outcome.failure)).toBe(true);
  });
});
