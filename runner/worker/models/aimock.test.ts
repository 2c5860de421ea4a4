import { LLMock } from '@copilotkit/aimock';
import { describe, expect, it } from 'vitest';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { ask, user } from '../../../test/suites/model.ts';
import { chatCompletionsModel } from './chat-completions.ts';
import type { ModelOutcome } from './model.ts';
import { responsesModel } from './responses.ts';

/** A fake that others wrote: what our own fake and our adapters both misunderstand would show here. */
const startMock = async () => {
  const mock = new LLMock({ port: 0, logLevel: 'silent' });
  await mock.start();
  return { mock, [Symbol.asyncDispose]: () => mock.stop() };
};
const itemsOf = (outcome: ModelOutcome) => (outcome.kind === 'completed' ? outcome.items : []);
const unaborted = () => ({ signal: new AbortController().signal });

describe.each([
  // For a model that reasons, aimock adds encrypted reasoning of its own to each response.
  ['Responses', responsesModel, true],
  ['Chat Completions', chatCompletionsModel, false],
] as const)('%s against aimock', (_name, open, reasoning) => {
  const model = (mock: LLMock) => open({ apiKey: 'sk-mock', baseURL: `${mock.url}/v1`, model: 'gpt-5.2' });

  it('goes through parallel tools and back', async () => {
    await using started = await startMock();
    const { mock } = started;
    mock.on(
      { userMessage: 'Fix it.', hasToolResult: false },
      {
        toolCalls: [
          { id: 'call_a', name: 'bash', arguments: '{"command":"ls","seconds":null}' },
          { id: 'call_b', name: 'bash', arguments: '{"command":"pwd","seconds":1}' },
        ],
      },
    );
    mock.on({ userMessage: 'Fix it.', hasToolResult: true }, { content: 'Both are fine.' });
    const first = await model(mock).respond(ask([user('Fix it.')]), unaborted());
    const items = itemsOf(first);
    expect(items.filter(({ type }) => type !== 'reasoning')).toEqual([
      { type: 'call', call: 'call_a', name: 'bash', arguments: '{"command":"ls","seconds":null}' },
      { type: 'call', call: 'call_b', name: 'bash', arguments: '{"command":"pwd","seconds":1}' },
    ]);
    expect(items.some(({ type }) => type === 'reasoning')).toBe(reasoning);
    const outputs = ['call_a', 'call_b'].map((call): ModelItem => ({ type: 'output', call, output: 'ok' }));
    const second = await model(mock).respond(ask([user('Fix it.'), ...items, ...outputs]), unaborted());
    expect(itemsOf(second).at(-1)).toEqual({ type: 'message', role: 'assistant', text: 'Both are fine.' });
  });

  it('puts a text together that comes in several pieces', async () => {
    await using started = await startMock();
    const { mock } = started;
    const text = 'A text that is long enough to come in several pieces. '.repeat(4);
    mock.onMessage('Fix it.', { content: text }, { chunkSize: 20 });
    const outcome = await model(mock).respond(ask([user('Fix it.')]), unaborted());
    expect(itemsOf(outcome).at(-1)).toEqual({ type: 'message', role: 'assistant', text });
  });

  it('reports a rate limit, and does not repeat the request', async () => {
    await using started = await startMock();
    const { mock } = started;
    mock.on(
      { userMessage: 'Fix it.' },
      {
        error: { message: 'Slow down.', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
        status: 429,
        retryAfter: 7,
      },
    );
    const outcome = await model(mock).respond(ask([user('Fix it.')]), unaborted());
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code: 'rate_limited', status: 429, retryable: true, retryAfterMs: 7000 },
    });
    expect(mock.getRequests()).toHaveLength(1);
  });
});
