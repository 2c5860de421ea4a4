import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import {
  canResume,
  cutFailure,
  saidFailure,
  failureOf,
  incompleteFailure,
  lostFailure,
  retryAfterMs,
  stalledFailure,
  withImages,
} from './failure.ts';
import type { ModelFailure } from './model.ts';

const key = 'sk-proj-0123456789abcdefghijklmnop';
const endpoint = {
  variables: 'OPENAI' as const,
  model: 'gpt-5.2-codex',
  baseURL: 'https://api.openai.com/v1',
  apiKey: key,
};
const now = Date.parse('2026-03-01T12:00:00Z');

const http = (status: number, error: unknown, headers: Record<string, string> = {}) =>
  APIError.generate(status, { error }, undefined, new Headers(headers));
const caused = (code: string, message = 'fetch failed') =>
  new APIConnectionError({ cause: new TypeError(message, { cause: Object.assign(new Error(code), { code }) }) });

describe('an HTTP error', () => {
  const quotaType = { code: 'something', type: 'insufficient_quota', message: '' };
  const tooLarge =
    'Request too large for gpt-5 in organization o on tokens per min (TPM): Limit 30000, Requested 40000.';
  it.for<[number, unknown, ModelFailure['code'], boolean]>([
    [400, { code: 'invalid_value', message: 'No.' }, 'bad_request', false],
    [400, { code: 'context_length_exceeded', message: 'Too long.' }, 'context_length', false],
    [400, { code: null, message: 'the request exceeds the available context size' }, 'context_length', false],
    [400, { code: 400, type: 'exceed_context_size_error', message: 'n_ctx' }, 'context_length', false],
    [401, { code: 'invalid_api_key', message: 'No.' }, 'auth', false],
    [402, { code: 402, message: 'Insufficient credits' }, 'quota', false],
    [403, { code: 'unsupported_country_region_territory', message: 'No.' }, 'auth', false],
    [404, { code: 'model_not_found', message: 'No.' }, 'not_found', false],
    [404, 'model "qwen" not found', 'not_found', false],
    [408, {}, 'server', true],
    [409, {}, 'server', true],
    [413, {}, 'context_length', false],
    [422, {}, 'bad_request', false],
    [429, { code: 'rate_limit_exceeded', message: 'Slow down.' }, 'rate_limited', true],
    [429, { code: 'insufficient_quota', message: 'No money.' }, 'quota', false],
    [429, quotaType, 'quota', false],
    [429, { code: 'rate_limit_exceeded', message: tooLarge }, 'context_length', false],
    [500, {}, 'server', true],
    [503, undefined, 'server', true],
    [529, { message: 'Overloaded' }, 'server', true],
  ])('%i with %o is %s, retryable %s', ([status, error, code, retryable]) => {
    const failure = failureOf(http(status, error), endpoint);
    expect({ ...failure, message: '' }).toEqual({
      code,
      status,
      retryable,
      message: '',
      retryAfterMs: null,
      usage: null,
    });
    expect(failure.message).toContain(String(status === 429 && code === 'quota' ? 'insufficient_quota' : status));
  });

  it('carries what its headers ask to wait', () => {
    const failure = failureOf(http(429, { message: 'Slow down.' }, { 'retry-after': '300' }), endpoint, now);
    expect(failure).toEqual({
      code: 'rate_limited',
      message:
        'The model endpoint https://api.openai.com/v1 limits the rate (429) and asks to wait 300 s. It said: "Slow down."',
      retryable: true,
      retryAfterMs: 300_000,
      status: 429,
      usage: null,
    });
  });

  it.each([
    ['Please try again in 11.054s. Visit …', 11_054],
    ['Please try again in 28ms.', 28],
    ['Please try again in 1m2s.', null],
    ['Please try again later.', null],
  ])('is read for its wait where no header says it: %s', (message, wait) => {
    expect(failureOf(http(429, { message }), endpoint).retryAfterMs).toBe(wait);
  });
});

/** As they were published by those who had them, with the status that they came with. */
describe('a context that is too long is told by what is said, whoever says it', () => {
  it.each<[string, number, string]>([
    [
      'OpenAI',
      400,
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ],
    [
      'OpenAI, Responses',
      400,
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
    ],
    ['llama.cpp', 400, 'the request exceeds the available context size, try increasing it'],
    ['llama.cpp, older', 500, 'the request exceeds the available context size'],
    [
      'vLLM',
      400,
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).",
    ],
    ['vLLM, V1', 400, 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'],
    ['Ollama', 500, 'input length exceeds maximum context length'],
    [
      'LM Studio',
      400,
      'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
    ],
    ['Anthropic', 400, 'prompt is too long: 210000 tokens > 200000 maximum'],
    ['Anthropic, with output', 400, 'input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000'],
    ['Gemini', 400, 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
    ['Bedrock', 400, 'Input is too long for requested model.'],
    [
      'Mistral',
      400,
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    ],
    ['Cohere', 400, 'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292.'],
    ['Groq', 413, 'Request Entity Too Large'],
    ['Groq, in words', 400, 'Please reduce the length of the messages or completion.'],
    ['xAI', 400, "This model's maximum prompt length is 131072 but the request contains 140000 tokens."],
    [
      'TGI',
      422,
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 1000 `max_new_tokens`',
    ],
    [
      'Together',
      422,
      'Input validation error: inputs must have less than 4096 tokens: the number of tokens exceeds the limit',
    ],
    [
      'OpenRouter',
      400,
      "This endpoint's maximum context length is 65536 tokens. However, you requested about 70000 tokens",
    ],
    [
      'a rate that one request alone is above',
      429,
      'Request too large for gpt-4o in organization org on tokens per min (TPM): Limit 30000, Requested 40000.',
    ],
  ])('%s (%i)', (_who, status, message) => {
    expect(failureOf(http(status, { message }), endpoint)).toMatchObject({ code: 'context_length', retryable: false });
  });

  it.each<[number, string, string]>([
    [
      429,
      'Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.',
      'rate_limited',
    ],
    [429, 'You exceeded your current quota of tokens per day.', 'rate_limited'],
    [400, 'max_tokens is too large: 100000. This model supports at most 16384 completion tokens.', 'bad_request'],
    [400, "Invalid value for 'content': expected a string, got null.", 'bad_request'],
    [401, 'Your key may not use the long context window.', 'auth'],
  ])('and is not taken for another: %i %s', (status, message, code) => {
    expect(failureOf(http(status, { message }), endpoint).code).toBe(code);
  });
});

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': 'Sun, 01 Mar 2026 12:05:00 GMT' }, 300_000],
    [{ 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '250.2', 'retry-after': '1' }, 251],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1_000],
    [{ 'retry-after': '-1' }, null],
    [{ 'retry-after': '' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('%o is %s ms', (headers, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });

  it('is unknown without headers', () => {
    expect(retryAfterMs(undefined, now)).toBeNull();
  });
});

describe('a failure without a status', () => {
  it.for([
    [caused('ECONNREFUSED'), 'network', true, 'ECONNREFUSED'],
    [caused('ENOTFOUND'), 'network', true, 'ENOTFOUND'],
    [caused('SELF_SIGNED_CERT_IN_CHAIN'), 'network', false, 'NODE_EXTRA_CA_CERTS'],
    [caused('ECONNRESET'), 'network', true, 'ended before'],
    [new APIConnectionTimeoutError(), 'network', true, 'No connection'],
    [new TypeError('terminated'), 'network', true, 'ended before'],
    [Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }), 'network', true, 'ended before'],
    [new SyntaxError('malformed server-sent event JSON'), 'protocol', false, 'not valid JSON'],
    [new APIError(undefined, { message: 'Oh.' }, undefined, undefined), 'server', true, 'Oh.'],
    [
      new APIError(undefined, { code: 'model_not_found', message: 'Oh.' }, undefined, undefined),
      'not_found',
      false,
      'Oh.',
    ],
  ] as const)('%s is %s, retryable %s', ([error, code, retryable, words]) => {
    const failure = failureOf(error, endpoint);
    expect(failure).toMatchObject({ code, retryable, status: null, usage: null });
    expect(failure.message).toContain(words);
  });

  it('is no failure but a bug where nobody knows it', () => {
    expect(() => failureOf(new RangeError('index'), endpoint)).toThrow('index');
  });

  it.each([
    ['server_error', 'server', true],
    ['rate_limit_exceeded', 'rate_limited', true],
    ['insufficient_quota', 'quota', false],
    ['context_length_exceeded', 'context_length', false],
    ['invalid_prompt', 'bad_request', false],
    ['bio_policy', 'bad_request', false],
    ['', 'server', true],
  ])('a response that failed with %o is %s, retryable %s', (code, expected, retryable) => {
    expect(saidFailure({ code, message: 'Oh.' }, endpoint, null)).toMatchObject({
      code: expected,
      retryable,
      status: null,
    });
  });

  it.each([
    ['max_output_tokens', 'output limit'],
    ['length', 'output limit'],
    ['content_filter', 'content filter'],
  ])('a response that ended early by %s says what to do', (reason, words) => {
    const failure = incompleteFailure(reason, endpoint, null);
    expect(failure).toMatchObject({ code: 'incomplete', retryable: false });
    expect(failure.message).toContain(words);
  });
});

describe('a message', () => {
  it.each([
    `Incorrect API key provided: ${key}. You can find it there.`,
    `Bad header: Bearer ${key}`,
    'Incorrect API key provided: sk-proj-********************mnop.',
  ])('keeps the key to itself: %s', (message) => {
    const failure = failureOf(http(401, { message }), endpoint);
    expect(failure.message).not.toMatch(/sk-|mnop/);
  });

  it('keeps to itself a key that fetch refuses as a header', () => {
    const refused = new TypeError(`Headers.append: "Bearer ${key}\n" is an invalid header value.`);
    expect(failureOf(refused, endpoint).message).not.toContain('sk-');
  });

  it('shows no credentials of the address', () => {
    const private_ = { ...endpoint, baseURL: 'https://me:secret@proxy.example/v1/?token=secret' };
    const { message } = cutFailure(private_);
    expect(message).toBe('The connection to https://proxy.example/v1 ended before the response of gpt-5.2-codex did.');
  });
});

describe('a background response', () => {
  const poll = (status: number) => failureOf(http(status, {}), endpoint);
  it.each([
    ['after a cut', cutFailure(endpoint), true],
    ['after a stall', stalledFailure(1_000, endpoint), true],
    ['after no connection', failureOf(caused('ECONNREFUSED'), endpoint), true],
    ['after a poll that failed (503)', poll(503), true],
    ['after too many polls (429)', poll(429), true],
    ['after it is lost', lostFailure('resp_1', endpoint), false],
    ['after it failed itself', saidFailure({ code: 'server_error', message: '' }, endpoint, null), false],
    ['after it ended early', incompleteFailure('max_output_tokens', endpoint, null), false],
    ['after the key was refused', poll(401), false],
  ])('%s may be gone on with: %s', (_when, failure, expected) => {
    expect(canResume(failure)).toBe(expected);
  });
});

describe('a request with images that is refused', () => {
  const refusedWith = (status: number, message: string, images = 1) =>
    withImages(failureOf(http(status, { message }), endpoint, now), images);
  const advice =
    'An image goes with the goal: if the model takes none, delegate again without, or with a model that does.';

  it.each([
    [400, 'Invalid content type. image_url is only supported by certain models.'],
    [400, 'messages[1].content must be a string'],
    [404, 'No endpoints found that support image input'],
    [413, 'Payload too large'],
    [500, 'image input is not supported - hint: you may need to provide the mmproj'],
  ])('says the way on: %d %s', (status, message) => {
    expect(refusedWith(status, message)).toMatchObject({
      message: expect.stringContaining(advice) as string,
      retryable: false,
    });
  });

  it.each([
    [429, 'Slow down.', true],
    [401, 'No.', false],
    [503, 'Overloaded.', true],
  ])('says nothing of them where they are not the reason: %d %s', (status, message, retryable) => {
    const failure = refusedWith(status, message);
    expect(failure.retryable).toBe(retryable);
    expect(failure.message).not.toContain('image');
  });

  it('says nothing where there were none', () => {
    expect(refusedWith(400, 'No.', 0)).toEqual(failureOf(http(400, { message: 'No.' }), endpoint, now));
  });
});
