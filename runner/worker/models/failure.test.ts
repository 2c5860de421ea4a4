import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import {
  canResume,
  cutFailure,
  failedResponse,
  failureOf,
  incompleteFailure,
  lostFailure,
  retryAfterMs,
  stalledFailure,
} from './failure.ts';
import type { ModelFailure } from './model.ts';

const KEY = 'sk-proj-0123456789abcdefghijklmnop';
const endpoint = { model: 'gpt-5.2-codex', baseURL: 'https://api.openai.com/v1', apiKey: KEY };
const NOW = Date.parse('2026-03-01T12:00:00Z');

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
    const failure = failureOf(http(429, { message: 'Slow down.' }, { 'retry-after': '300' }), endpoint, NOW);
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
    expect(retryAfterMs(new Headers(headers as Record<string, string>), NOW)).toBe(expected);
  });

  it('is unknown without headers', () => {
    expect(retryAfterMs(undefined, NOW)).toBeNull();
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
    expect(failedResponse({ code, message: 'Oh.' }, endpoint, null)).toMatchObject({
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
    `Incorrect API key provided: ${KEY}. You can find it there.`,
    `Bad header: Bearer ${KEY}`,
    'Incorrect API key provided: sk-proj-********************mnop.',
  ])('keeps the key to itself: %s', (message) => {
    const failure = failureOf(http(401, { message }), endpoint);
    expect(failure.message).not.toMatch(/sk-|mnop/);
  });

  it('keeps to itself a key that fetch refuses as a header', () => {
    const refused = new TypeError(`Headers.append: "Bearer ${KEY}\n" is an invalid header value.`);
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
    ['after it failed itself', failedResponse({ code: 'server_error', message: '' }, endpoint, null), false],
    ['after it ended early', incompleteFailure('max_output_tokens', endpoint, null), false],
    ['after the key was refused', poll(401), false],
  ])('%s may be gone on with: %s', (_when, failure, expected) => {
    expect(canResume(failure)).toBe(expected);
  });
});
