import { describe, expect, it } from 'vitest';
import { answersRaw, calls, says, scripted, sequence, startFakeOpenAi } from '../../../test/fakes/openai/index.ts';
import { ask, assistant, describeModel, pixel, user } from '../../../test/suites/model.ts';
import { anthropicModel } from './anthropic.ts';

describeModel({
  name: 'Anthropic',
  reasoning: 'returned',
  variables: 'ANTHROPIC',
  ends: ['max_output_tokens'],
  open: anthropicModel,
});

const unaborted = () => ({ signal: new AbortController().signal });
const open = (baseURL: string, rest: object = {}) =>
  anthropicModel({ apiKey: 'sk-fake', baseURL, model: 'scripted', ...rest });
const bodyOf = (journal: readonly { readonly body: unknown }[], index: number) =>
  journal[index]!.body as Record<string, unknown> & { messages: { role: string; content: object[] }[] };

describe('Anthropic: the request', () => {
  it('has images first in the first message of the user', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hm.')]) });
    const context = [user('Like this.'), assistant('Hm.'), user('Well?')];
    await open(fake.url).respond(ask(context, { images: [pixel] }), unaborted());
    const [first, , last] = bodyOf(fake.journal, 0).messages;
    expect(first?.content).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel.base64 } },
      { type: 'text', text: 'Like this.', cache_control: { type: 'ephemeral' } },
    ]);
    expect(last?.content).toEqual([{ type: 'text', text: 'Well?', cache_control: { type: 'ephemeral' } }]);
  });

  it('has points of the cache at the tools, the instructions and the last two messages of the user', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hm.'), says('Yes.')]) });
    const model = open(fake.url, { reasoningEffort: 'high' });
    const context = [user('Fix it.'), assistant('Hm.'), user('Well?')];
    await model.respond(ask(context), unaborted());
    const cached = { cache_control: { type: 'ephemeral' } };
    const [tool] = ask([]).tools;
    expect(bodyOf(fake.journal, 0)).toEqual({
      model: 'scripted',
      max_tokens: 32_000,
      stream: true,
      system: [{ type: 'text', text: 'You repair programs.', ...cached }],
      tools: [{ name: tool!.name, description: tool!.description, input_schema: tool!.parameters, ...cached }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Fix it.', ...cached }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Hm.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Well?', ...cached }] },
      ],
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
  });

  it('has the outputs of parallel calls in one message, before what a person says', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Never.'), says('Seen.')]) });
    const call = (id: string) => ({ type: 'call' as const, call: id, name: 'bash', arguments: '{}' });
    const output = (id: string, text: string) => ({ type: 'output' as const, call: id, output: text });
    await open(fake.url).respond(
      ask([
        user('Go.'),
        call('call_0_0_a'),
        call('chat:1'),
        output('call_0_0_a', 'a'),
        output('chat:1', ''),
        user('Well?'),
      ]),
      unaborted(),
    );
    expect(fake.journal[0]!.status).toBe(200);
    expect(bodyOf(fake.journal, 0).messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'call_0_0_a' },
          { type: 'tool_use', id: 'chat_1' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_0_0_a', content: 'a' },
          { type: 'tool_result', tool_use_id: 'chat_1', content: '(no output)' },
          { type: 'text', text: 'Well?' },
        ],
      },
    ]);
  });

  it('asks for less output where the endpoint says that its model has less', async () => {
    const less = {
      error: { type: 'invalid_request_error', message: 'max_tokens: 32000 > 8192, which is the maximum allowed' },
    };
    await using fake = await startFakeOpenAi({
      script: sequence(answersRaw(400, 'application/json', JSON.stringify({ type: 'error', ...less })), says('Yes.')),
    });
    const model = open(fake.url);
    expect(await model.respond(ask([user('Go.')]), unaborted())).toMatchObject({
      failure: { code: 'bad_request', retryable: true, retryAfterMs: 0 },
    });
    expect(await model.respond(ask([user('Go.')]), unaborted())).toMatchObject({ kind: 'completed' });
    expect(fake.journal.map((_, index) => bodyOf(fake.journal, index)['max_tokens'])).toEqual([32_000, 8_192]);
  });
});

describe('Anthropic: servers with ways of their own', () => {
  const respond = async (reply: ReturnType<typeof answersRaw>) => {
    await using fake = await startFakeOpenAi({ script: sequence(reply) });
    return await open(fake.url).respond(ask([user('Fix it.')]), unaborted());
  };
  const stream = (...events: readonly object[]) =>
    answersRaw(200, 'text/event-stream', events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
  const stop = { type: 'message_stop' };

  it('may answer with the whole message as one document', async () => {
    const document = {
      type: 'message',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'a', name: 'bash', input: { command: 'ls' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 2 },
    };
    expect(await respond(answersRaw(200, 'application/json', JSON.stringify(document)))).toEqual({
      kind: 'completed',
      items: [assistant('I look.'), { type: 'call', call: 'a', name: 'bash', arguments: '{"command":"ls"}' }],
      usage: { input: 8, cached: 3, cacheWrite: 0, output: 2, reasoning: 0 },
      responseId: null,
      oddities: [],
    });
  });

  it.each<[string, object[], object]>([
    [
      'an index that is text',
      [
        {
          type: 'content_block_start',
          index: '0',
          content_block: { type: 'tool_use', id: 'a', name: 'bash', input: {} },
        },
        { type: 'content_block_delta', index: '0', delta: { type: 'input_json_delta', partial_json: '{}' } },
      ],
      [{ type: 'call', call: 'a', name: 'bash', arguments: '{}' }],
    ],
    [
      'no index at all',
      [
        { type: 'content_block_start', content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Yes.' } },
      ],
      [assistant('Yes.')],
    ],
    [
      'a call that is whole from its beginning, and without an id',
      [{ type: 'content_block_start', index: 0, content_block: { type: 'tool_use', name: 'bash', input: { a: 1 } } }],
      [{ type: 'call', call: expect.stringMatching(/^call_/), name: 'bash', arguments: '{"a":1}' }],
    ],
    [
      'text whose beginning never came',
      [{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Yes.' } }],
      [assistant('Yes.')],
    ],
  ])('may send %s', async (_what, events, items) => {
    expect(await respond(stream(...events, stop))).toMatchObject({ kind: 'completed', items, oddities: [] });
  });

  it('is told of what could not be read', async () => {
    const events = [
      { type: 'content_block_start', index: 0, content_block: { type: 'hologram' } },
      { type: 'content_block_delta', index: 7, delta: { type: 'input_json_delta', partial_json: '{' } },
    ];
    expect(await respond(stream(...events, stop))).toMatchObject({
      kind: 'completed',
      oddities: ['a piece of a block that never began', 'a block of the kind "hologram"'],
    });
  });

  it('takes a context that is over the window for what it is', async () => {
    const over = {
      type: 'message_delta',
      delta: { stop_reason: 'model_context_window_exceeded' },
      usage: { output_tokens: 1 },
    };
    expect(await respond(stream(over, stop))).toMatchObject({ kind: 'failed', failure: { code: 'context_length' } });
  });

  it('goes on after calls of another endpoint without what that one signed', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([calls('bash', {}), says('Yes.')]) });
    const foreign = {
      type: 'returned' as const,
      from: 'https://elsewhere',
      call: null,
      fields: { reasoning_content: 'x' },
    };
    const call = { type: 'call' as const, call: 'call_0_0_a', name: 'bash', arguments: '{}' };
    const output = { type: 'output' as const, call: 'call_0_0_a', output: 'ok' };
    expect(await open(fake.url).respond(ask([user('Go.'), foreign, call, output]), unaborted())).toMatchObject({
      items: [assistant('Yes.')],
    });
  });
});
