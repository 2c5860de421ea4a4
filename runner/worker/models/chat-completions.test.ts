import { describe, expect, it } from 'vitest';
import { answersRaw, says, scripted, sequence, stalls, startFakeOpenAi } from '../../../test/fakes/openai/index.ts';
import { ask, assistant, describeModel, user } from '../../../test/suites/model.ts';
import { chatCompletionsModel } from './chat-completions.ts';

describeModel({ name: 'Chat Completions', reasoning: false, open: chatCompletionsModel });

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

  it('completes a message whose usage never comes', async () => {
    await using fake = await startFakeOpenAi({ script: sequence(stalls(3, says('Whole.'))) });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted', idleMs: 700 });
    const outcome = await model.respond(ask([user('Fix it.')]), unaborted());
    expect(outcome).toEqual({ kind: 'completed', items: [assistant('Whole.')], usage: null, responseId: null });
  });

  it('is aborted even when the message was whole already', async () => {
    await using fake = await startFakeOpenAi({ script: sequence(stream(chunk({ content: 'Whole.' }, 'stop'))) });
    const model = chatCompletionsModel({ apiKey: 'sk-fake', baseURL: fake.url, model: 'scripted' });
    const controller = new AbortController();
    const how = { signal: controller.signal, onProgress: () => controller.abort() };
    expect(await model.respond(ask([user('Fix it.')]), how)).toEqual({ kind: 'aborted' });
  });
});
