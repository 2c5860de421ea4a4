import { describe, expect, it } from 'vitest';
import { says, scripted, startFakeOpenAi } from '../../../test/fakes/openai/index.ts';
import { ask, user } from '../../../test/suites/model.ts';
import { ModelConfig, openModel } from './open.ts';

describe('opening a model', () => {
  it.each([
    ['responses', '/v1/responses'],
    ['chat', '/v1/chat/completions'],
  ] as const)('speaks the API that the config names: %s', async (api, path) => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hello.')]) });
    const config = ModelConfig.parse({ api, model: 'scripted', apiKey: ' sk-fake\n', baseURL: fake.url });
    const outcome = await openModel(config).respond(ask([user('Hi.')]), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(fake.journal.map((entry) => entry.path)).toEqual([path]);
  });

  it.each([
    ['responses', '/v1/responses'],
    ['chat', '/v1/chat/completions'],
    ['anthropic', '/v1/messages'],
  ] as const)("asks with the query of the endpoint's address: %s", async (api, path) => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hello.')]) });
    const baseURL = `${fake.url}?api-version=2026-01-01`;
    const config = ModelConfig.parse({ api, model: 'scripted', apiKey: 'sk-fake', baseURL });
    const outcome = await openModel(config).respond(ask([user('Hi.')]), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(fake.journal.map((entry) => entry.path)).toEqual([`${path}?api-version=2026-01-01`]);
    const named = ['authorization', 'x-api-key', 'api-key'].filter((name) => name in (fake.journal[0]?.headers ?? {}));
    expect(named).toEqual([api === 'anthropic' ? 'x-api-key' : 'api-key']);
  });

  it.each([
    ['responses', undefined, 'OPENAI_API_KEY'],
    ['chat', 'https://API.openai.com./v1/', 'OPENAI_API_KEY'],
    ['anthropic', 'https://api.anthropic.com/v1', 'ANTHROPIC_API_KEY'],
  ] as const)("asks a vendor's own endpoint nothing without a key: %s", async (api, baseURL, variable) => {
    const model = openModel(ModelConfig.parse({ api, model: 'gpt-5.2', apiKey: null, baseURL }));
    const outcome = await model.respond(ask([user('Hi.')]), { signal: new AbortController().signal });
    expect(outcome).toEqual({
      kind: 'failed',
      failure: {
        code: 'auth',
        message: expect.stringMatching(
          new RegExp(`^No key is configured for .*: set ${variable}, or apiKey in`),
        ) as string,
        retryable: false,
        retryAfterMs: null,
        status: null,
        usage: null,
      },
    });
  });

  it('asks another endpoint without a key', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hello.')]), apiKey: 'none' });
    const config = ModelConfig.parse({ api: 'chat', model: 'scripted', apiKey: null, baseURL: fake.url });
    const outcome = await openModel(config).respond(ask([user('Hi.')]), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'completed' });
  });

  it.each([
    [{ model: 'gpt-5.2' }, 400_000],
    [{ model: 'gpt-5.2', contextWindow: 100_000 }, 100_000],
    [{ model: 'gpt-5.2', baseURL: 'http://127.0.0.1:8080/v1' }, null],
    [{ model: 'gpt-5.2', baseURL: 'http://127.0.0.1:8080/v1', pricesOf: 'openai' }, 400_000],
  ])('knows the window of %o: %s tokens', (config, contextWindow) => {
    const { name, contextWindow: known } = openModel(ModelConfig.parse({ api: 'responses', ...config }));
    expect({ name, known }).toEqual({ name: config.model, known: contextWindow });
  });

  it.each([
    [{ api: 'responses', model: '' }],
    [{ api: 'soap', model: 'gpt-5.2' }],
    [{ api: 'chat', model: 'gpt-5.2', background: true }],
    [{ api: 'chat', model: 'gpt-5.2', baseURL: 'localhost:8080' }],
    [{ api: 'chat', model: 'gpt-5.2', apiKey: 'sk-1\nsk-2' }],
    [{ api: 'chat', model: 'gpt-5.2', apiKey: '' }],
    [{ api: 'chat', model: 'gpt-5.2', idleMs: 0 }],
  ])('refuses the config %o', (config) => {
    expect(ModelConfig.safeParse(config).success).toBe(false);
  });
});
