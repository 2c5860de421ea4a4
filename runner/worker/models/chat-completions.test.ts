import { describe, expect, it } from 'vitest';
import { answersRaw, says, scripted, sequence, stalls, startFakeOpenAi } from '../../../test/fakes/openai/index.ts';
import { ask, assistant, describeModel, pixel, user } from '../../../test/suites/model.ts';
import { chatCompletionsModel } from './chat-completions.ts';

describeModel({
  name: 'Chat Completions',
  reasoning: null,
  variables: 'OPENAI',
  ends: ['max_output_tokens', 'content_filter'],
  open: chatCompletionsModel,
});

const unaborted = () => ({ signal: new AbortController().signal });

describe('Chat Completions: the request', () => {
  it('asks for a stream with usage and strict tools', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hm.')]) });
    const options = { apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted', reasoningEffort: 'low' } as const;
    await chatCompletionsModel(options).respond(ask([user('Fix it.')]), unaborted());
    expect(fake.journal[0]!.body).toEqual({
      model: 'scripted',
      messages: [
        { role: 'system', content: 'You repair programs.' },
        { role: 'user', content: 'Fix it.' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      tools: ask([]).tools.map((tool) => ({ type: 'function', function: { ...tool, strict: true } })),
      parallel_tool_calls: true,
      reasoning_effort: 'low',
    });
  });
});

describe('Chat Completions: images', () => {
  it('stand in the first message of the user, and a request without any is as it was', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hm.'), says('Hm.')]) });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    const context = [user('Like this.'), assistant('Hm.'), user('Well?')];
    await model.respond(ask(context, { images: [pixel] }), unaborted());
    await model.respond(ask(context, { images: [] }), unaborted());
    const users = (request: number) =>
      (fake.journal[request]!.body as { messages: { role: string; content: unknown }[] }).messages
        .filter(({ role }) => role === 'user')
        .map(({ content }) => content);
    expect(users(0)).toEqual([
      [
        { type: 'text', text: 'Like this.' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel.base64}` } },
      ],
      'Well?',
    ]);
    expect(users(1)).toEqual(['Like this.', 'Well?']);
  });
});

describe('Chat Completions: servers with ways of their own', () => {
  const stream = (...chunks: object[]) =>
    answersRaw(200, 'text/event-stream', chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''));
  const chunk = (delta: object, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] });
  const respond = async (reply: ReturnType<typeof stream>) => {
    await using fake = await startFakeOpenAi({ script: sequence(reply) });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    return await model.respond(ask([user('Fix it.')]), unaborted());
  };

  it('needs neither usage nor [DONE]', async () => {
    expect(await respond(stream(chunk({ content: 'Short.' }), chunk({}, 'stop')))).toEqual({
      kind: 'completed',
      items: [assistant('Short.')],
      usage: null,
      responseId: null,
      oddities: [],
    });
  });

  it('tells calls apart that all have the index 0', async () => {
    const whole = (id: string, name: string) => ({ index: 0, id, function: { name, arguments: '{}' } });
    const outcome = await respond(
      stream(chunk({ tool_calls: [whole('a', 'list')] }), chunk({ tool_calls: [whole('b', 'read')] }, 'tool_calls')),
    );
    expect(outcome).toMatchObject({
      kind: 'completed',
      items: [
        { type: 'call', call: 'a', name: 'list', arguments: '{}' },
        { type: 'call', call: 'b', name: 'read', arguments: '{}' },
      ],
    });
  });

  it('gives a call an id where the server gives none', async () => {
    const outcome = await respond(
      stream(chunk({ tool_calls: [{ function: { name: 'list', arguments: '{}' } }] }, 'tool_calls')),
    );
    const [item] = outcome.kind === 'completed' ? outcome.items : [];
    expect(item).toEqual({ type: 'call', call: expect.stringMatching(/^call_.{36}$/), name: 'list', arguments: '{}' });
  });

  it('shows the reasoning of local models as progress, not as text', async () => {
    const outcome = await respond(
      stream(chunk({ reasoning_content: 'Hm, well.' }), chunk({ content: 'Yes.' }), chunk({}, 'stop')),
    );
    expect(outcome).toMatchObject({ kind: 'completed', items: [assistant('Yes.')] });
  });

  it('takes [DONE] for the end where no reason to finish came', async () => {
    const text = `data: ${JSON.stringify(chunk({ content: 'Short.' }))}\n\ndata: [DONE]\n\n`;
    expect(await respond(answersRaw(200, 'text/event-stream', text))).toMatchObject({ items: [assistant('Short.')] });
  });

  it('takes the whole completion as one document', async () => {
    const document = JSON.stringify({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Short.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 2 },
    });
    expect(await respond(answersRaw(200, 'application/json', document))).toMatchObject({
      kind: 'completed',
      items: [assistant('Short.')],
      usage: { input: 5, output: 2 },
    });
  });

  it('tells what could not be read beside the answer', async () => {
    const text = `data: {"choices":\n\ndata: ${JSON.stringify(chunk({ content: 'Short.' }, 'stop'))}\n\n`;
    expect(await respond(answersRaw(200, 'text/event-stream', text))).toMatchObject({
      items: [assistant('Short.')],
      oddities: ['an event that is no JSON'],
    });
  });

  it('gives reasoning back to the endpoint that gave it, and to no other', async () => {
    const thinks = stream(
      chunk({ reasoning_content: 'I look.' }),
      chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'bash', arguments: '{}' } }] }, 'tool_calls'),
    );
    await using fake = await startFakeOpenAi({ script: sequence(thinks, thinks, thinks) });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    const first = await model.respond(ask([user('Go.')]), unaborted());
    const own = first.kind === 'completed' ? first.items : [];
    const others = own.map((item) => (item.type === 'returned' ? { ...item, from: 'https://elsewhere' } : item));
    for (const items of [own, others])
      await model.respond(ask([user('Go.'), ...items, { type: 'output', call: 'a', output: 'ok' }]), unaborted());
    const assistantOf = (request: number) =>
      (fake.journal[request]!.body as { messages: { role: string }[] }).messages.find(
        ({ role }) => role === 'assistant',
      );
    expect(assistantOf(1)).toMatchObject({ reasoning_content: 'I look.' });
    expect(assistantOf(2)).not.toHaveProperty('reasoning_content');
  });

  it('asks again without a part of the request that the endpoint does not know, once', async () => {
    const unknown = answersRaw(
      400,
      'application/json',
      JSON.stringify({ error: { message: "Unknown parameter: 'tools[0].function.strict'." } }),
    );
    await using fake = await startFakeOpenAi({ script: sequence(unknown, unknown) });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    const first = await model.respond(ask([user('Go.')]), unaborted());
    expect(first).toMatchObject({ failure: { code: 'bad_request', retryable: true, retryAfterMs: 0 } });
    expect(first.kind === 'failed' && first.failure.message).toContain('model.switches.strict: false');
    const second = await model.respond(ask([user('Go.')]), unaborted());
    expect(second).toMatchObject({ failure: { code: 'bad_request', retryable: false } });
    expect(JSON.stringify(fake.journal[0]!.body)).toContain('"strict":true');
    expect(JSON.stringify(fake.journal[1]!.body)).not.toContain('strict');
  });

  it('completes a message whose usage never comes', async () => {
    await using fake = await startFakeOpenAi({ script: sequence(stalls(3, says('Whole.'))) });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted', idleMs: 700 });
    const outcome = await model.respond(ask([user('Fix it.')]), unaborted());
    expect(outcome).toEqual({
      kind: 'completed',
      items: [assistant('Whole.')],
      usage: null,
      responseId: null,
      oddities: [],
    });
  });

  it('is aborted even when the message was whole already', async () => {
    const controller = new AbortController();
    const script = sequence(stalls(3, says('Whole.'), () => controller.abort()));
    await using fake = await startFakeOpenAi({ script });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    const how = { signal: controller.signal };
    expect(await model.respond(ask([user('Fix it.')]), how)).toEqual({ kind: 'aborted' });
  });
});
