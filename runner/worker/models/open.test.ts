import { describe, expect, it } from 'vitest';
import { says, scripted, startFakeOpenAi } from '../../../test/fakes/openai/index.ts';
import { ask, user } from '../../../test/suites/model.ts';
import { ModelSettings } from '../../../shared/api/worker-api.ts';
import { openModel } from './open.ts';

const settingsFor = (different: object) =>
  ModelSettings.parse({
    name: 'scripted',
    api: 'responses',
    baseUrl: 'https://api.openai.com/v1',
    background: false,
    reasoningEffort: null,
    contextWindow: null,
    idleSeconds: 60,
    pricesOf: null,
    ...different,
  });

describe('opening a model', () => {
  it.each([
    ['responses', '/v1/responses'],
    ['chat', '/v1/chat/completions'],
  ] as const)('speaks the API that the config names: %s', async (api, path) => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hello.')]) });
    const model = openModel(settingsFor({ api, baseUrl: fake.url }), { model: 'scripted', apiKey: ' sk-fake\n' });
    const outcome = await model.respond(ask([user('Hi.')]), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(fake.journal.map((entry) => entry.path)).toEqual([path]);
  });

  it.each([
    ['responses', '/v1/responses'],
    ['chat', '/v1/chat/completions'],
    ['anthropic', '/v1/messages'],
  ] as const)("asks with the query of the endpoint's address: %s", async (api, path) => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hello.')]) });
    const baseUrl = `${fake.url}?api-version=2026-01-01`;
    const model = openModel(settingsFor({ api, baseUrl }), { model: 'scripted', apiKey: 'sk-fake' });
    const outcome = await model.respond(ask([user('Hi.')]), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(fake.journal.map((entry) => entry.path)).toEqual([`${path}?api-version=2026-01-01`]);
    const named = ['authorization', 'x-api-key', 'api-key'].filter((name) => name in (fake.journal[0]?.headers ?? {}));
    expect(named).toEqual([api === 'anthropic' ? 'x-api-key' : 'api-key']);
  });

  it.each([
    ['responses', 'https://api.openai.com/v1', 'OPENAI_API_KEY'],
    ['chat', 'https://API.openai.com./v1/', 'OPENAI_API_KEY'],
    ['anthropic', 'https://api.anthropic.com/v1', 'ANTHROPIC_API_KEY'],
  ] as const)("asks a vendor's own endpoint nothing without a key: %s", async (api, baseUrl, variable) => {
    const model = openModel(settingsFor({ api, baseUrl }), { model: 'gpt-5.2', apiKey: null });
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
    const model = openModel(settingsFor({ api: 'chat', baseUrl: fake.url }), { model: 'scripted', apiKey: null });
    const outcome = await model.respond(ask([user('Hi.')]), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'completed' });
  });

  it.each([
    [{}, 400_000],
    [{ contextWindow: 100_000 }, 100_000],
    [{ baseUrl: 'http://127.0.0.1:8080/v1' }, null],
    [{ baseUrl: 'http://127.0.0.1:8080/v1', pricesOf: 'openai' }, 400_000],
  ])('knows the window of gpt-5.2 by %o: %s tokens', (different, contextWindow) => {
    const { name, contextWindow: known } = openModel(settingsFor(different), { model: 'gpt-5.2', apiKey: null });
    expect({ name, known }).toEqual({ name: 'gpt-5.2', known: contextWindow });
  });

  it.each([
    [{}, { model: '', apiKey: null }],
    [{ api: 'soap' }, { model: 'gpt-5.2', apiKey: null }],
    [{ baseUrl: 'localhost:8080' }, { model: 'gpt-5.2', apiKey: null }],
    [{}, { model: 'gpt-5.2', apiKey: 'sk-1\nsk-2' }],
    [{}, { model: 'gpt-5.2', apiKey: '' }],
    [{ idleSeconds: 0 }, { model: 'gpt-5.2', apiKey: null }],
  ])('refuses the settings %o with %o', (different, given) => {
    expect(() => openModel(settingsFor(different), given)).toThrow();
  });
});
